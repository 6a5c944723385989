import { registration } from "../../libraries/fastify.ts";
import { defineRule, type Sighting } from "../../rule.ts";
import type { Node } from "../../source/node.ts";
import type { Project } from "../../source/project.ts";
import { headersSet, securityHeaders } from "../../topics/headers.ts";

const FUNCTIONS = ["arrow_function", "function_expression", "function_declaration", "method_definition"];

function built(project: Project): Sighting[] {
  const helmet = project
    .callsOf(/^(helmet|koa-helmet)(\.default|\.helmet)?$/)
    .filter((call) => project.isLive(call.node));
  const plugin = registration(project, /^(@fastify\/helmet|fastify-helmet)/);
  const hono = project.callsOf(/^hono\/secure-headers\.secureHeaders$/);
  return [
    ...[...helmet, ...(plugin ? [plugin] : [])].map(
      (call): Sighting => ({ choice: "helmet", origin: "library", at: call.node }),
    ),
    ...hono.map((call): Sighting => ({ choice: "secure-headers", origin: "framework", at: call.node })),
    ...nextConfig(project),
  ];
}

/** `headers()` of next.config. */
function nextConfig(project: Project): Sighting[] {
  return [...project.files.values()]
    .filter((file) => /(^|\/)next\.config\.[cm]?[jt]s$/.test(file.path))
    .flatMap((file): Sighting[] => {
      const setsOne = headersSet(project).some(
        ({ at, name }) => at.file === file && /^(x-|strict-|content-security|referrer|permissions)/.test(name),
      );
      const method = file.root
        .all("method_definition", "pair")
        .find((node) => (node.field("name") ?? node.field("key"))?.text === "headers" && /source/.test(node.text));
      return setsOne && method ? [{ choice: "framework", origin: "framework", at: method }] : [];
    });
}

/** A function that every answer passes: given to `use`, a hook, a bare server, or Next's middleware. */
function isForAll(node: Node): boolean {
  if (/(^|\/)(middleware|proxy)\.[cm]?[jt]s$/.test(node.file.path) && !node.within(...FUNCTIONS))
    return /next\/server/.test(node.file.text);
  for (let fn = node.within(...FUNCTIONS); fn; fn = fn.within(...FUNCTIONS)) {
    const name =
      fn.field("name")?.text ??
      (fn.parent?.kind === "variable_declarator" ? (fn.parent.field("name")?.text ?? "") : "");
    if (/(^|\/)(middleware|proxy)\.[cm]?[jt]s$/.test(fn.file.path) && /^(middleware|proxy)$/.test(name)) return true;
    const outer = fn.parent?.kind === "arguments" ? fn.parent.parent?.field("function")?.text : undefined;
    if (outer && /\.(use|addHook)$|(^|\.)createServer$/.test(outer)) return true;
    if (outer && /\.on$/.test(outer) && /^["']request["']$/.test(fn.parent?.parts[0]?.text ?? "")) return true;
    if (name && isUsed(fn, name)) return true;
  }
  return false;
}

function isUsed(fn: Node, name: string): boolean {
  const parameters = fn.field("parameters")?.text ?? "";
  return (
    /\bnext\b/.test(parameters) &&
    /next\(\)/.test(fn.text) &&
    !/error/i.test(name) &&
    /header|secur|middleware/i.test(name)
  );
}

export default defineRule({
  topic: "security-headers",
  read: (project) => securityHeaders(project, built(project), isForAll),
});
