import type { Decision } from "../../../model/decision.ts";
import { defineRule, type Sighting } from "../../rule.ts";
import type { Project } from "../../source/project.ts";
import { throttling } from "../../topics/throttling.ts";

const LIBRARIES: { names: RegExp; choice: string; origin: Decision["origin"] }[] = [
  { names: /^slowapi(\.extension)?\.Limiter$/, choice: "slowapi", origin: "library" },
  { names: /^flask_limiter\.Limiter$/, choice: "flask-limiter", origin: "library" },
  { names: /^fastapi_limiter\.depends\.RateLimiter$/, choice: "fastapi-limiter", origin: "library" },
  { names: /^django_ratelimit\.decorators\.ratelimit$/, choice: "django-ratelimit", origin: "library" },
  { names: /^pyrate_limiter\.Limiter$/, choice: "pyrate-limiter", origin: "library" },
  { names: /^(asgi_ratelimit|ratelimit)\.\w+$/, choice: "asgi-ratelimit", origin: "library" },
];

/** A limiter without any limit limits nothing. */
function hasLimits(project: Project, choice: string): boolean {
  if (!/^(slowapi|flask-limiter)$/.test(choice)) return true;
  return project.calls.some(
    (call) =>
      /^(limit|shared_limit)$/.test(call.method) ||
      call.option("default_limits") !== undefined ||
      call.option("application_limits") !== undefined,
  );
}

function built(project: Project): Sighting[] {
  const calls = LIBRARIES.flatMap(({ names, choice, origin }) =>
    hasLimits(project, choice)
      ? project.callsOf(names).map((call): Sighting => ({ choice, origin, at: call.node }))
      : [],
  );
  const drf = [...project.fields("DEFAULT_THROTTLE_CLASSES"), ...project.fields("throttle_classes")].filter(
    (list) => !/^[[(]\s*[\])]$/.test(list.text),
  );
  const axes = project.all("string").filter((node) => /^["']axes["']$/.test(node.text));
  return [
    ...calls,
    ...drf.map((at): Sighting => ({ choice: "drf", origin: "framework", at })),
    ...axes.map((at): Sighting => ({ choice: "django-axes", origin: "library", at })),
  ];
}

export default defineRule({ topic: "throttling", read: (project) => throttling(project, built(project)) });
