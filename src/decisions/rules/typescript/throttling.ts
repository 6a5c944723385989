import type { Decision } from "../../../model/decision.ts";
import { registration } from "../../libraries/fastify.ts";
import { defineRule, type Sighting } from "../../rule.ts";
import type { Project } from "../../source/project.ts";
import { throttling } from "../../topics/throttling.ts";

const LIBRARIES: { names: RegExp; choice: string; origin: Decision["origin"] }[] = [
  { names: /^express-rate-limit(\.rateLimit|\.default)?$/, choice: "express-rate-limit", origin: "library" },
  { names: /^express-slow-down(\.slowDown)?$/, choice: "express-slow-down", origin: "library" },
  { names: /^@nestjs\/throttler\.ThrottlerModule\.forRoot(Async)?$/, choice: "@nestjs/throttler", origin: "library" },
  { names: /^koa-ratelimit$/, choice: "koa-ratelimit", origin: "library" },
  { names: /^koa2-ratelimit\..*$/, choice: "koa2-ratelimit", origin: "library" },
  {
    names: /^rate-limiter-flexible\.(RateLimiter\w+|BurstyRateLimiter)$/,
    choice: "rate-limiter-flexible",
    origin: "library",
  },
  { names: /^hono-rate-limiter\.\w+$/, choice: "hono-rate-limiter", origin: "library" },
  { names: /^@upstash\/ratelimit\.Ratelimit$/, choice: "@upstash/ratelimit", origin: "library" },
];

function built(project: Project): Sighting[] {
  const calls = LIBRARIES.flatMap(({ names, choice, origin }) =>
    project.callsOf(names).map((call): Sighting => ({ choice, origin, at: call.node })),
  );
  const plugin = registration(project, /^(@fastify\/rate-limit|fastify-rate-limit)/);
  return plugin ? [...calls, { choice: "@fastify/rate-limit", origin: "library", at: plugin.node }] : calls;
}

export default defineRule({ topic: "throttling", read: (project) => throttling(project, built(project)) });
