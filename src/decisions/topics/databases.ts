import type { Decision } from "../../model/decision.ts";
import { absent, firstOfEach, type Sighting } from "../rule.ts";
import type { Call } from "../source/call.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";
import { isFixed } from "./fixed.ts";

/** How a language's libraries are set up. */
export interface DatabaseLibraries {
  /** Calls that open an ORM, a query builder or a document database. */
  setUps: { names: RegExp; choice: string; origin: Decision["origin"] }[];
  /** Classes that are rows of an ORM, by what they extend. */
  models: { bases: RegExp; choice: string; origin: Decision["origin"] }[];
  /** Drivers that come with the runtime or the framework, by module; all others are libraries. */
  runtimeDrivers: RegExp;
  frameworkDrivers: RegExp;
}

const QUERY_METHODS =
  /^(execute|executemany|executescript|query|prepare|run|get|all|each|exec|raw|fetch|fetchrow|fetchval|fetch_all|fetch_one|text|\$queryRaw|\$executeRaw|\$queryRawUnsafe|\$executeRawUnsafe|sql|unsafe|read_sql|first|one|none|any|manyOrNone|oneOrNone)$/;
const QUERY = /^\s*(SELECT|INSERT|UPDATE|DELETE|WITH|REPLACE|MERGE)\b/i;
/** Calls that put a piece of SQL into a built query as it is. */
const FRAGMENT =
  /^(sqlalchemy(\.sql)?\.(text|literal_column)|sequelize\.(Sequelize\.)?literal|knex.*\.raw|django\.db\.models\.expressions\.RawSQL)$/;
const PLACEHOLDER = /\?|\$\d|%s|%\(\w+\)s|[:@$][A-Za-z_]\w*/;

interface Query {
  at: Node;
  call: Call;
  text: string;
  tagged: boolean;
  open: boolean;
}

/** The literal text of an expression, and whether anything else is put into it. */
function sqlOf(project: Project, node: Node, depth = 0): { text: string; dynamic: Node[] } {
  const nothing = { text: "", dynamic: [node] };
  if (depth > 8) return nothing;
  const expr = project.language.expr(node);
  const merge = (nodes: Node[]) => {
    const all = nodes.map((part) => sqlOf(project, part, depth + 1));
    return { text: all.map((part) => part.text).join(""), dynamic: all.flatMap((part) => part.dynamic) };
  };
  switch (expr.type) {
    case "string":
      return { text: expr.text, dynamic: [] };
    case "inner":
      return sqlOf(project, expr.node, depth + 1);
    case "template":
      return {
        text: expr.parts
          .map((part) => (typeof part === "string" ? part : sqlOf(project, part, depth + 1).text))
          .join(""),
        dynamic: expr.parts.filter((part) => typeof part !== "string"),
      };
    case "binary":
      if (expr.operator === "%") return { text: sqlOf(project, expr.left, depth + 1).text, dynamic: [expr.right] };
      return merge([expr.left, expr.right]);
    case "either":
      return merge(expr.options.slice(0, 1));
    case "call": {
      const call = project.call(node);
      if (call?.method === "format" && call.receiver)
        return { text: sqlOf(project, call.receiver, depth + 1).text, dynamic: call.args.map((arg) => arg.value) };
      if (call && /^(text|sql|SQL|dedent|raw)$/.test(call.method) && call.arg(0))
        return sqlOf(project, call.arg(0) as Node, depth + 1);
      return nothing;
    }
    case "name": {
      const binding = project.resolver.binding(node);
      if (binding?.kind !== "value" || !binding.value || binding.path.length > 0) return nothing;
      return merge([binding.value, ...binding.more]);
    }
    case "member": {
      if (project.resolver.meaning(expr.object).kind === "instance") return nothing;
      const source = project.resolver.source(node);
      return source === node ? nothing : sqlOf(project, source, depth + 1);
    }
    default:
      return nothing;
  }
}

function queriesOf(project: Project): Query[] {
  const out: Query[] = [];
  for (const call of project.calls) {
    const first = call.arg(0);
    const tagged = first !== undefined && first === call.node.field("arguments");
    if (!first || !(QUERY_METHODS.test(call.method) || tagged) || call.is(/^(drizzle-orm|kysely|graphql)/)) continue;
    const { text, dynamic } = sqlOf(project, first);
    const isFragment = dynamic.length > 0 && call.is(FRAGMENT);
    if (!(QUERY.test(text) || isFragment) || !project.isLive(call.node)) continue;
    out.push({ at: first, call, text, tagged, open: !tagged && dynamic.some((part) => !isFixed(project, part)) });
  }
  return out;
}

/** Topic `database-access`. */
export function databaseAccess(project: Project, libraries: DatabaseLibraries): Sighting[] {
  const setUps = libraries.setUps.flatMap(({ names, choice, origin }) =>
    project
      .callsOf(names)
      .map((call): Sighting => ({ choice, origin, at: call.node, detail: packageOf(call.name ?? "") })),
  );
  const models = setUps.some((finding) => finding.choice === "ORM") ? [] : modelsOf(project, libraries);
  const built = firstOfEach([...setUps, ...models]);
  const hasOrm = built.some((finding) => finding.choice === "ORM");
  const out = built.filter((finding) => !hasOrm || finding.choice !== "query builder");
  const queries = queriesOf(project);
  const closed = queries.filter((query) => !query.open);
  const taking = closed.filter(takesValues);
  const [withParameters, ...more] = taking.length > 0 || out.length > 0 ? taking : closed;
  if (withParameters)
    out.push({
      choice: "raw SQL with parameters",
      origin: driverOrigin(project, libraries, withParameters.call),
      at: withParameters.at,
      also: more.map(({ at }) => at),
    });
  const [fromStrings, ...others] = queries.filter((query) => query.open);
  if (fromStrings)
    out.push({
      choice: "raw SQL from strings",
      origin: "hand-written",
      at: fromStrings.at,
      also: others.map(({ at }) => at),
      confidence: "likely",
    });
  return out.length > 0 ? out : [absent()];
}

function takesValues({ tagged, text, at }: Query): boolean {
  return tagged ? at.text.includes("${") : PLACEHOLDER.test(text);
}

function packageOf(name: string): string {
  return name.startsWith("@") ? name.split(/[./]/).slice(0, 2).join("/") : (name.split(/[./]/)[0] ?? name);
}

function modelsOf(project: Project, libraries: DatabaseLibraries): Sighting[] {
  return project.all(...project.language.classKinds).flatMap((cls) => {
    const bases = project.language.bases(cls).map((base) => project.resolver.name(base) ?? "");
    const model = libraries.models.find(({ bases: pattern }) => bases.some((base) => pattern.test(base)));
    return model ? [{ choice: model.choice, origin: model.origin, at: cls }] : [];
  });
}

/** Who provides the connection that a raw query goes through. */
function driverOrigin(project: Project, libraries: DatabaseLibraries, call: Call): Decision["origin"] {
  const { name } = call;
  if (name && libraries.runtimeDrivers.test(name)) return "runtime";
  if (name && libraries.frameworkDrivers.test(name)) return "framework";
  if (name && /sql|^pg\b|postgres|psycopg|asyncpg|databases|slonik|duckdb/i.test(name)) return "library";
  const modules = [...project.files.values()].flatMap((file) =>
    [...(file.scopes.get(file.root)?.names.values() ?? [])].flatMap((binding) =>
      binding.kind === "import" ? project.language.moduleName(binding.module ?? "") : [],
    ),
  );
  if (modules.some((module) => libraries.frameworkDrivers.test(module))) return "framework";
  return modules.some((module) => libraries.runtimeDrivers.test(module)) ? "runtime" : "library";
}
