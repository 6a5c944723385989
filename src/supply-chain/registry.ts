import { z } from "zod";
import type { Ecosystem, RegistryFacts } from "../model/supply-chain.ts";
import { reasonOf } from "../util/errors.ts";

/** Where registries answer. */
export interface Registries {
  /** npm's registry API: https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md */
  npm: string;
  /** PyPI's JSON API: https://docs.pypi.org/api/json/ */
  pypi: string;
}

export const PUBLIC_REGISTRIES: Registries = { npm: "https://registry.npmjs.org", pypi: "https://pypi.org" };

const TIMEOUT_MS = 20_000;
const AT_ONCE = 6;

const NpmVersion = z.looseObject({
  maintainers: z.array(z.looseObject({ name: z.string() })).optional(),
  deprecated: z.union([z.string(), z.boolean()]).optional(),
  license: z.unknown().optional(),
});
const NpmTimes = z.looseObject({ time: z.record(z.string(), z.string()).default({}) });
const PypiVersion = z.looseObject({
  info: z.looseObject({
    license: z.string().nullish(),
    license_expression: z.string().nullish(),
    yanked: z.boolean().optional(),
    yanked_reason: z.string().nullish(),
  }),
  ownership: z.looseObject({ roles: z.array(z.looseObject({ user: z.string() })).default([]) }).nullish(),
  urls: z.array(z.looseObject({ upload_time_iso_8601: z.string().optional() })).default([]),
});

export interface Asked {
  ecosystem: Ecosystem;
  name: string;
  version: string;
  /** Also ask when it was published, which at npm is a far larger answer. */
  age: boolean;
}

export interface Told {
  facts: RegistryFacts[];
  /** The people behind them, each once; null when the registry names none. */
  people: Set<string> | null;
}

/** Asks a registry about packages, a few at a time. Gives the reason when any could not be asked: half a count is none. */
export async function askRegistry(
  packages: readonly Asked[],
  registries: Registries,
  signal: AbortSignal | undefined,
): Promise<Told | string> {
  const facts: RegistryFacts[] = [];
  const people = new Set<string>();
  let named = packages.length > 0;
  let problem: string | undefined;
  const waiting = [...packages];
  const worker = async () => {
    for (let one = waiting.shift(); one && problem === undefined; one = waiting.shift()) {
      try {
        const told =
          one.ecosystem === "npm"
            ? await askNpm(one, registries.npm, signal)
            : await askPypi(one, registries.pypi, signal);
        facts.push(told.facts);
        if (told.people === null) named = false;
        for (const person of told.people ?? []) people.add(person);
      } catch (error) {
        if (signal?.aborted) throw error;
        const cause = error instanceof Error && error.cause ? error.cause : error;
        problem = `the registry did not tell of ${one.name} ${one.version}: ${reasonOf(cause)}`;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (problem !== undefined) return problem;
  facts.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return { facts, people: named ? people : null };
}

async function json(url: string, signal: AbortSignal | undefined): Promise<unknown> {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await fetch(url, { signal: signal ? AbortSignal.any([signal, limit]) : limit });
  if (!answer.ok) throw new Error(`it answers ${answer.status}`);
  return await answer.json();
}

async function askNpm(one: Asked, base: string, signal: AbortSignal | undefined) {
  const address = `${base}/${one.name.replace("/", "%2f")}`;
  const version = NpmVersion.parse(await json(`${address}/${encodeURIComponent(one.version)}`, signal));
  const times = one.age ? NpmTimes.parse(await json(address, signal)).time : {};
  const facts: RegistryFacts = {
    ecosystem: "npm",
    name: one.name,
    version: one.version,
    publishedOn: times[one.version] ?? null,
    maintainers: version.maintainers?.length ?? null,
    deprecated: typeof version.deprecated === "string" && version.deprecated !== "" ? version.deprecated : null,
    licence: typeof version.license === "string" ? version.license : null,
  };
  return { facts, people: version.maintainers?.map(({ name }) => name) ?? null };
}

async function askPypi(one: Asked, base: string, signal: AbortSignal | undefined) {
  const address = `${base}/pypi/${one.name}/${encodeURIComponent(one.version)}/json`;
  const { info, ownership, urls } = PypiVersion.parse(await json(address, signal));
  const people = ownership?.roles.map(({ user }) => user) ?? [];
  const facts: RegistryFacts = {
    ecosystem: "pypi",
    name: one.name,
    version: one.version,
    publishedOn: urls[0]?.upload_time_iso_8601 ?? null,
    maintainers: people.length || null,
    deprecated: info.yanked ? info.yanked_reason || "withdrawn" : null,
    // Before PEP 639 the field held whole licence texts.
    licence: info.license_expression || (info.license && info.license.length < 60 ? info.license : null),
  };
  return { facts, people: people.length > 0 ? people : null };
}
