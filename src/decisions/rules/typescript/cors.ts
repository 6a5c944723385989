import type { Decision } from "../../../model/decision.ts";
import { registration } from "../../libraries/fastify.ts";
import { defineRule, type Sighting } from "../../rule.ts";
import type { Node } from "../../source/node.ts";
import type { Project } from "../../source/project.ts";
import { cors, originsOf } from "../../topics/cors.ts";
import { headersSet } from "../../topics/headers.ts";
import { settable } from "../../topics/settable.ts";

const LIBRARIES: { names: RegExp; origin: Decision["origin"]; otherwise: string }[] = [
  { names: /^cors$/, origin: "library", otherwise: "*" },
  { names: /^(@koa\/cors|kcors|koa-cors|koa2-cors)$/, origin: "library", otherwise: "reflected" },
  { names: /^hono\/cors\.cors$/, origin: "framework", otherwise: "*" },
];

function finding(
  project: Project,
  call: { node: Node },
  list: Node | undefined,
  origin: Decision["origin"],
  otherwise: string,
): Sighting {
  const origins = () => (list ? originsOf(project, list) : otherwise);
  return settable(project, () => ({ choice: `middleware, ${origins()}`, origin, at: call.node }));
}

function built(project: Project): Sighting[] {
  const out: Sighting[] = [];
  for (const call of project.calls) {
    const library = LIBRARIES.find(({ names }) => call.is(names));
    if (library && project.isLive(call.node))
      out.push(finding(project, call, call.option("origin"), library.origin, library.otherwise));
    if (call.method === "enableCors") out.push(finding(project, call, call.option("origin"), "framework", "*"));
    const flag = call.is(/^@nestjs\/core\.NestFactory\.create$/) ? call.option("cors") : undefined;
    if (flag && flag.text !== "false") out.push(finding(project, call, call.option("cors.origin"), "framework", "*"));
  }
  const plugin = registration(project, /^(@fastify\/cors|fastify-cors)/);
  if (plugin) out.push(finding(project, plugin, plugin.option("origin"), "library", "*"));
  return out;
}

export default defineRule({ topic: "cors", read: (project) => cors(project, built(project), headersSet(project)) });
