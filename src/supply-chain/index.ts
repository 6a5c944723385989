import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DirectDependency, EcosystemSupply, NotLearnt, SupplyChain } from "../model/supply-chain.ts";
import type { LockedPackage, Lockfile, Reading } from "./package.ts";
import { readingsOf } from "./read.ts";
import { askRegistry, type Registries } from "./registry.ts";

export { billOfMaterials } from "./bill.ts";
export { PUBLIC_REGISTRIES, type Registries } from "./registry.ts";

/** Manifests of ecosystems that are not read here. */
const UNREAD = ["go.mod", "Cargo.toml", "pom.xml", "build.gradle", "Gemfile", "composer.json", "Pipfile"];

export interface SupplyOptions {
  folder: string;
  /** Where to ask about maintainers, age and withdrawn versions; without it no network is used. */
  registries?: Registries;
  /** What each step changed, when the app has steps. */
  steps?: SupplyChain["steps"];
  signal?: AbortSignal | undefined;
}

/** The dependencies that an app itself names, in every manifest that we read. */
export function directDependencies(folder: string): DirectDependency[] {
  return readingsOf(folder).flatMap(({ direct }) => direct);
}

/** What an app is built from, from its manifests and lockfiles. What they do not hold says that it was not learnt, and why. */
export async function supplyChain(options: SupplyOptions): Promise<SupplyChain> {
  const { folder, steps = [] } = options;
  const readings = readingsOf(folder);
  return {
    formatVersion: 1,
    ecosystems: await Promise.all(readings.map((reading) => supplyOf(reading, options))),
    unread: UNREAD.filter((file) => existsSync(join(folder, file))),
    steps,
  };
}

async function supplyOf(reading: Reading, options: SupplyOptions): Promise<EcosystemSupply> {
  const { ecosystem, manifest, direct, lockfile } = reading;
  const common = { ecosystem, manifest, direct };
  if (lockfile === null || "unreadable" in lockfile) {
    const why = lockfile === null ? "there is no lockfile" : lockfile.unreadable;
    const unknown: NotLearnt = { notLearnt: why };
    return {
      ...common,
      lockfile: null,
      transitive: unknown,
      installScripts: unknown,
      deprecated: unknown,
      licences: unknown,
      maintainers: unknown,
      registry: unknown,
    };
  }
  const { file, packages, missing, silentOn } = lockfile;
  const hashable = packages.filter(({ hashed }) => hashed !== null);
  const told = options.registries
    ? await ask(reading, lockfile, options.registries, options.signal)
    : "the registry was not asked";
  const registry = typeof told === "string" ? { notLearnt: told } : told.facts;
  return {
    ...common,
    lockfile: { file, missing, hashed: { with: hashable.filter(({ hashed }) => hashed).length, of: hashable.length } },
    transitive: packages.length - new Set(lockfile.direct.values()).size + unlocked(lockfile),
    installScripts: silentOn.installScripts
      ? { notLearnt: silentOn.installScripts }
      : named(packages.filter(({ installScript }) => installScript)),
    deprecated:
      typeof told !== "string"
        ? told.facts.flatMap(({ name, version, deprecated }) =>
            deprecated ? [{ name: `${name}@${version}`, why: deprecated }] : [],
          )
        : silentOn.deprecated
          ? { notLearnt: `${silentOn.deprecated}; ${told}` }
          : packages.flatMap(({ name, version, deprecated }) =>
              deprecated ? [{ name: `${name}@${version}`, why: deprecated }] : [],
            ),
    licences:
      typeof told !== "string"
        ? tally(told.facts.map(({ licence }) => licence))
        : silentOn.licences
          ? { notLearnt: `${silentOn.licences}; ${told}` }
          : tally(packages.map(({ licence }) => licence)),
    maintainers:
      typeof told === "string"
        ? { notLearnt: told }
        : (told.people?.size ?? { notLearnt: "the registry does not name them for every package" }),
    registry,
  };
}

/** Direct dependencies that the lockfile lacks are no packages of it. */
const unlocked = ({ direct, packages }: Lockfile): number =>
  [...new Set(direct.values())].filter((key) => !packages.some((one) => one.key === key)).length;

const named = (packages: readonly LockedPackage[]): string[] =>
  [...new Set(packages.map(({ name, version }) => `${name}@${version}`))].sort();

function tally(licences: readonly (string | null)[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const licence of licences) counts.set(licence ?? "unknown", (counts.get(licence ?? "unknown") ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)));
}

function ask(reading: Reading, lockfile: Lockfile, registries: Registries, signal: AbortSignal | undefined) {
  const direct = new Set(lockfile.direct.values());
  const once = new Map(
    lockfile.packages
      .filter(({ hashed }) => hashed !== null)
      .map(({ name, version, key }) => [
        `${name}@${version}`,
        { ecosystem: reading.ecosystem, name, version, age: direct.has(key) },
      ]),
  );
  return askRegistry([...once.values()], registries, signal);
}

/** Direct dependencies that came and went between two states of an app, such as `npm express@5.3.0`. */
export function changesBetween(
  before: readonly DirectDependency[],
  after: readonly DirectDependency[],
): { added: string[]; removed: string[] } {
  const words = ({ ecosystem, name, wanted }: DirectDependency) => `${ecosystem} ${name}${wanted ? ` ${wanted}` : ""}`;
  const names = (list: readonly DirectDependency[]) =>
    new Set(list.map(({ ecosystem, name }) => `${ecosystem} ${name}`));
  const [had, has] = [names(before), names(after)];
  return {
    added: after.filter((one) => !had.has(`${one.ecosystem} ${one.name}`)).map(words),
    removed: before.filter((one) => !has.has(`${one.ecosystem} ${one.name}`)).map(words),
  };
}
