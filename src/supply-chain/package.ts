import type { DirectDependency, Ecosystem } from "../model/supply-chain.ts";

/** One package of a lockfile. */
export interface LockedPackage {
  name: string;
  version: string;
  /** Where it comes from a registry: whether the lockfile has a hash of it. Null for folders, repositories, addresses. */
  hashed: boolean | null;
  /** Null where the lockfile does not tell. */
  licence: string | null;
  installScript: boolean | null;
  deprecated: string | null;
  /** Keys of the packages that it needs, as far as the lockfile tells. */
  needs: string[];
  /** Stands for the package in `needs`; unique in its lockfile. */
  key: string;
}

export interface Lockfile {
  file: string;
  packages: LockedPackage[];
  /** Keys of what the app itself names, by name. */
  direct: ReadonlyMap<string, string>;
  /** What it should name and does not. */
  missing: string[];
  /** Facts that no lockfile of this kind holds, in words. */
  silentOn: { licences?: string; installScripts?: string; deprecated?: string };
}

/** What one ecosystem's files say. */
export interface Reading {
  ecosystem: Ecosystem;
  manifest: string;
  direct: DirectDependency[];
  /** Null when there is none; else why it could not be read. */
  lockfile: Lockfile | null | { unreadable: string };
}
