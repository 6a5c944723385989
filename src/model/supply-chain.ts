import { z } from "zod";

export const Ecosystem = z.enum(["npm", "pypi"]);
export type Ecosystem = z.infer<typeof Ecosystem>;

/** What could not be learnt, and why; it stands where a figure would, so that nothing unknown reads as zero. */
export const NotLearnt = z.object({ notLearnt: z.string() });
export type NotLearnt = z.infer<typeof NotLearnt>;
const learnt = <T extends z.ZodType>(schema: T) => z.union([schema, NotLearnt]);

/** `pinned`: one version. `ranged`: some. `unpinned`: any. `elsewhere`: an address, a repository or a folder. */
export const Constraint = z.enum(["pinned", "ranged", "unpinned", "elsewhere"]);
export type Constraint = z.infer<typeof Constraint>;

/** A dependency that the app itself names. */
export const DirectDependency = z.object({
  ecosystem: Ecosystem,
  name: z.string(),
  scope: z.enum(["runtime", "development", "optional"]),
  /** As the manifest says it, such as `^4.17.21`; empty for any version. */
  wanted: z.string(),
  constraint: Constraint,
  /** The version that the lockfile has; null without one. */
  version: z.string().nullable(),
});
export type DirectDependency = z.infer<typeof DirectDependency>;

/** What the registry tells of one version of a package. Each field is null where it does not tell. */
export const RegistryFacts = z.object({
  ecosystem: Ecosystem,
  name: z.string(),
  version: z.string(),
  publishedOn: z.string().nullable(),
  maintainers: z.number().int().nullable(),
  deprecated: z.string().nullable(),
  licence: z.string().nullable(),
});
export type RegistryFacts = z.infer<typeof RegistryFacts>;

/** The packages of one ecosystem, as manifest and lockfile tell. */
export const EcosystemSupply = z.object({
  ecosystem: Ecosystem,
  manifest: z.string(),
  /** Null when the app has none. */
  lockfile: z
    .object({
      file: z.string(),
      /** What the lockfile should name and does not; empty when it is complete. */
      missing: z.array(z.string()),
      /** Packages with an integrity hash, of those that come from a registry. */
      hashed: z.object({ with: z.number().int(), of: z.number().int() }),
    })
    .nullable(),
  direct: z.array(DirectDependency),
  /** Packages behind the direct ones. */
  transitive: learnt(z.number().int()),
  /** Packages that run a script when they are installed. */
  installScripts: learnt(z.array(z.string())),
  /** Packages marked as deprecated. */
  deprecated: learnt(z.array(z.object({ name: z.string(), why: z.string() }))),
  /** Packages by licence; `unknown` where none is told. */
  licences: learnt(z.record(z.string(), z.number().int())),
  /** People who may publish any of the packages, each name once. */
  maintainers: learnt(z.number().int()),
  /** What the registry told, when it was asked. */
  registry: learnt(z.array(RegistryFacts)),
});
export type EcosystemSupply = z.infer<typeof EcosystemSupply>;

/** `supply-chain.json`: what an app is built from. */
export const SupplyChain = z.object({
  formatVersion: z.literal(1),
  ecosystems: z.array(EcosystemSupply),
  /** Manifests that are there and are not read. */
  unread: z.array(z.string()),
  /** Direct dependencies that each step of a session added and removed; empty for an app without steps. */
  steps: z.array(
    z.object({
      step: z.number().int(),
      commit: z.string(),
      added: z.array(z.string()),
      removed: z.array(z.string()),
    }),
  ),
});
export type SupplyChain = z.infer<typeof SupplyChain>;

export const isLearnt = <T>(value: T | NotLearnt): value is T =>
  !(typeof value === "object" && value !== null && "notLearnt" in value);
