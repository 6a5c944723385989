import { readFileSync } from "node:fs";
import { join } from "node:path";
import { settingsLookedUp, settingsRead, sourceFiles } from "../app/index.ts";
import type { Contract, Operation } from "../model/contract.ts";
import type { ReadmeCheck } from "../model/delivery.ts";
import { commandsIn, givesCommand, type Repository } from "./readme-commands.ts";
import { ReadmeText } from "./readme-text.ts";
import { distinctRoutes, type Route, routesInSource } from "./routes.ts";

/** The text of the README at the app's root, and of what lies in docs/; undefined when there is neither. */
export function readmeOf(folder: string): string | undefined {
  const files = sourceFiles(folder).filter((file) => /^readme(\.\w+)?$/i.test(file) || /^docs\/.*\.md$/i.test(file));
  return files.length > 0 ? files.map((file) => readFileSync(join(folder, file), "utf8")).join("\n") : undefined;
}

/** The scripts and files that commands of a README need. */
export function repositoryOf(folder: string): Repository {
  const files = sourceFiles(folder);
  const { scripts = {} } = files.includes("package.json")
    ? (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { scripts?: Record<string, string> })
    : {};
  return { has: (file) => files.includes(file), scripts: new Set(Object.keys(scripts)) };
}

/** What the running app showed of itself. */
export interface Seen {
  /** Routes by its OpenAPI document or its route files; empty where it has neither. */
  routes: readonly Route[];
  /** Names in the JSON that an operation answered with; of operations that were called alone. */
  answers: Readonly<Record<string, readonly string[]>>;
  /** Operations that refuse who brings no token. */
  guarded: readonly string[];
}

export interface Readable {
  contract: Contract | undefined;
  seen: Seen | undefined;
  sources: ReadonlyMap<string, string>;
  repository: Repository;
  hasTests: boolean;
}

/** Names that every environment has, which no README needs to tell. */
const COMMON = new Set(["PORT", "NODE_ENV", "HOME", "PATH", "CI", "NEXT_RUNTIME", "TZ"]);

/**
 * What a README should tell, each checked against the app as it runs: its routes, the fields that those of the feature
 * take and what they answered, commands that find what they need, and every setting that the source reads. Length counts
 * for nothing.
 */
export function readmeChecks(readme: string | undefined, app: Readable): ReadmeCheck[] {
  if (readme === undefined) return [{ id: "readme", says: "there is a README", held: false, detail: "" }];
  const { contract, seen, sources, repository, hasTests } = app;
  const check = (id: string, says: string, missing: readonly string[], unknown?: string): ReadmeCheck => ({
    id,
    says,
    held: unknown === undefined ? missing.length === 0 : null,
    detail: unknown ?? (missing.length > 0 ? `missing: ${missing.join("; ")}` : ""),
  });
  const text = new ReadmeText(readme);
  const operations = Object.entries(contract?.operations ?? {}).map(([name, operation]) => ({
    ...{ name, operation },
    route: { method: operation.method, path: operation.path.split("?")[0] ?? operation.path },
  }));
  const declared = [...(seen?.routes ?? []), ...routesInSource(sources)];
  const routes = distinctRoutes([...operations.map(({ route }) => route), ...declared]);
  const unnamed = routes.filter((route) => !text.names(route, routes));
  const lacking = (words: (one: (typeof operations)[number]) => readonly (string | readonly [string, RegExp])[]) =>
    operations.flatMap((one) => {
      const missing = words(one)
        .filter((word) => !text.tells(typeof word === "string" ? word : word[1], one.route, routes))
        .map((word) => (typeof word === "string" ? word : word[0]));
      return missing.length > 0 ? [`${one.route.method} ${one.route.path}: ${[...new Set(missing)].join(", ")}`] : [];
    });
  const answered = operations.filter(({ name }) => seen?.answers[name] !== undefined);
  const names = operations.map(({ name }) => name).join(", ");
  const unknown = operations.length > 0 ? undefined : "the app's operations are not known";
  const lacksSetting = (name: string) => !COMMON.has(name) && !new RegExp(`(?<!\\w)${name}(?!\\w)`).test(readme);
  const settings = new Set([...settingsRead(sources), ...settingsLookedUp(sources)]);
  const commands = commandsIn(readme);
  const gives = (kind: Parameters<typeof givesCommand>[0], words: string) =>
    givesCommand(kind, commands, repository) ? [] : [words];
  return [
    { id: "readme", says: "there is a README", held: true, detail: "" },
    check(
      "routes",
      declared.length > 0
        ? `names each of the ${routes.length} routes that it is known to have`
        : `names the routes of ${names}`,
      unnamed.map(({ method, path, ending }) => `${method} ${ending ? "…" : ""}${path}`),
      routes.length > 0 ? undefined : "the app's routes are not known",
    ),
    check(
      "requests",
      `shows what ${names || "its routes"} take`,
      lacking((one) => sentBy(one.operation, app, one.name)),
      unknown,
    ),
    check(
      "answers",
      `shows what ${answered.map(({ name }) => name).join(", ") || "its routes"} answer`,
      lacking(({ name }) => seen?.answers[name] ?? []),
      unknown ?? (answered.length > 0 ? undefined : "what the app answers was not seen"),
    ),
    check("set-up", "says how to set it up", gives("set-up", "a command that installs it")),
    check("start", "says how to start it", gives("start", "a command that starts it")),
    check(
      "tests",
      "says how to run the tests",
      hasTests ? gives("test", "a command that runs them") : ["there are none"],
    ),
    check("settings", "names every setting that the source reads", [...settings].filter(lacksSetting)),
  ];
}

/** What an operation is sent: fields, a header or cookie of its own, and the token where it refuses who has none. */
function sentBy({ fields, row, extra }: Operation, { contract, seen }: Readable, name: string) {
  const cookie = contract?.auth.cookie;
  const token = cookie ?? (["the Authorization header", /\bauthorization\b|\bbearer\b/i] as const);
  return [
    ...Object.values(fields).filter(Boolean),
    ...Object.keys(extra),
    ...(row["name"] ? [row["name"]] : []),
    ...(seen?.guarded.includes(name) ? [token] : []),
  ];
}
