import { defineRule, type Sighting } from "../../rule.ts";
import type { Node } from "../../source/node.ts";
import type { Project } from "../../source/project.ts";
import { byFunction, cors, originsOf } from "../../topics/cors.ts";
import { headersSet } from "../../topics/headers.ts";
import { settable } from "../../topics/settable.ts";

const MIDDLEWARE = /^(fastapi|starlette)\.middleware\.cors\.CORSMiddleware$/;

function isCors(project: Project, node: Node): boolean {
  const meaning = project.resolver.meaning(node);
  if (meaning.kind === "outside") return MIDDLEWARE.test(meaning.name);
  if (meaning.kind !== "node" || meaning.node.kind !== "class_definition") return false;
  return project.language.bases(meaning.node).some((base) => isCors(project, base));
}

/** What a subclass's own `is_allowed_origin` lets through. */
function judgedBy(project: Project, node: Node): string | undefined {
  const meaning = project.resolver.meaning(node);
  const own =
    meaning.kind === "node" ? project.language.attribute(meaning.node, "is_allowed_origin")?.value : undefined;
  return own && byFunction(project, own);
}

function starlette(project: Project): Sighting[] {
  return project.calls.flatMap((call): Sighting[] => {
    const added =
      call.method === "add_middleware" ||
      call.is(/^starlette\.middleware\.Middleware$/) ||
      call.is(/^fastapi\.middleware\.Middleware$/)
        ? call.arg(0)
        : undefined;
    const isDirect = call.is(MIDDLEWARE);
    if (!isDirect && !(added && isCors(project, added))) return [];
    const list = call.option("allow_origins");
    const written = () => (list ? originsOf(project, list) : call.option("allow_origin_regex") ? "by pattern" : "none");
    const origins = () => (added && judgedBy(project, added)) ?? written();
    return [settable(project, () => ({ choice: `middleware, ${origins()}`, origin: "framework", at: call.node }))];
  });
}

function flask(project: Project): Sighting[] {
  const calls = project.callsOf(/^flask_cors\.(CORS|CORS\(\)\.init_app)$/).filter((call) => call.args.length > 0);
  return calls.map((call) => {
    const resources = call.option("resources");
    const inner = resources && project.language.expr(project.resolver.source(resources));
    const first = inner?.type === "object" ? inner.entries[0]?.value : undefined;
    const list = call.option("origins") ?? (first && project.resolver.property(first, "origins"));
    const origins = () => (list ? originsOf(project, list) : "*");
    return settable(project, () => ({ choice: `middleware, ${origins()}`, origin: "library", at: call.node }));
  });
}

/** Quart-CORS: `app = cors(app, allow_origin=...)`, and `route_cors` on single routes. */
function quart(project: Project): Sighting[] {
  return project.callsOf(/^quart_cors\.(cors|route_cors)$/).map((call) => {
    const list = call.option("allow_origin");
    const origins = () => (list ? originsOf(project, list) : "*");
    return settable(project, () => ({ choice: `middleware, ${origins()}`, origin: "library", at: call.node }));
  });
}

function django(project: Project): Sighting[] {
  return project.all("string").flatMap((node): Sighting[] => {
    if (!/^["']corsheaders\.middleware\.CorsMiddleware["']$/.test(node.text)) return [];
    const all = project.fields("CORS_ALLOW_ALL_ORIGINS")[0] ?? project.fields("CORS_ORIGIN_ALLOW_ALL")[0];
    const list = project.fields("CORS_ALLOWED_ORIGINS")[0] ?? project.fields("CORS_ORIGIN_WHITELIST")[0];
    const origins = () =>
      all?.text === "True"
        ? "*"
        : list
          ? originsOf(project, list)
          : project.fields("CORS_ALLOWED_ORIGIN_REGEXES")[0]
            ? "by pattern"
            : "none";
    return [settable(project, () => ({ choice: `middleware, ${origins()}`, origin: "library", at: node }))];
  });
}

export default defineRule({
  topic: "cors",
  read: (project) =>
    cors(
      project,
      [...starlette(project), ...flask(project), ...quart(project), ...django(project)],
      headersSet(project),
    ),
});
