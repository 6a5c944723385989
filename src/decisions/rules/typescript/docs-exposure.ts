import { registration } from "../../libraries/fastify.ts";
import { absent, defineRule } from "../../rule.ts";
import type { Node } from "../../source/node.ts";

const SERVED =
  /^(swagger-ui-express\.(setup|serveFiles)|@nestjs\/swagger\.SwaggerModule\.setup|swagger-ui-koa\.\w+|koa2-swagger-ui\.koaSwagger|@hono\/swagger-ui\.swaggerUI|@scalar\/[\w-]+\.\w+|redoc-express)$/;

/** Served only when a condition on the environment holds. */
function isConditional(node: Node): boolean {
  for (let at = node.within("if_statement"); at; at = at.within("if_statement")) {
    if (/NODE_ENV|env|prod|dev|config|enable|docs|swagger/i.test(at.field("condition")?.text ?? "")) return true;
  }
  return false;
}

export default defineRule({
  topic: "docs-exposure",
  read(project) {
    const plugin = registration(project, /^(@fastify\/swagger-ui|fastify-swagger|@scalar\/fastify)/);
    const served = [
      ...project.callsOf(SERVED).filter((call) => project.isLive(call.node)),
      ...(plugin ? [plugin] : []),
    ];
    const [first] = served;
    return [
      first
        ? { choice: isConditional(first.node) ? "by setting" : "open", origin: "library", at: first.node }
        : absent(),
    ];
  },
});
