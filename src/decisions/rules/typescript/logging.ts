import type { Decision } from "../../../model/decision.ts";
import { defineRule, earlier, type Sighting } from "../../rule.ts";
import type { Call } from "../../source/call.ts";
import type { Node } from "../../source/node.ts";
import type { Project } from "../../source/project.ts";
import { logging } from "../../topics/logging.ts";

const LIBRARIES: { names: RegExp; choice: string; origin: Decision["origin"] }[] = [
  { names: /^pino(\.pino|\.default)?$/, choice: "pino", origin: "library" },
  { names: /^pino-http(\.pinoHttp)?$/, choice: "pino", origin: "library" },
  {
    names: /^(winston\.createLogger|express-winston\.logger|nest-winston\.\w+\.createLogger)$/,
    choice: "winston",
    origin: "library",
  },
  { names: /^bunyan\.createLogger$/, choice: "bunyan", origin: "library" },
  { names: /^log4js\.getLogger$/, choice: "log4js", origin: "library" },
  { names: /^tslog\.Logger$/, choice: "tslog", origin: "library" },
  { names: /^morgan$/, choice: "morgan", origin: "library" },
  { names: /^koa-logger$/, choice: "koa-logger", origin: "library" },
  { names: /^hono\/logger\.logger$/, choice: "hono/logger", origin: "framework" },
  { names: /^@nestjs\/common\.Logger$/, choice: "nest logger", origin: "framework" },
];

/** Fastify's own pino, switched on by its `logger` option. */
function fastify(project: Project): Sighting[] {
  return project.callsOf(/^fastify(\.fastify|\.default)?$/).flatMap((call): Sighting[] => {
    const option = call.option("logger") ?? call.option("loggerInstance");
    return option && option.text !== "false" ? [{ choice: "pino", origin: "framework", at: option }] : [];
  });
}

const CONSOLE = /^(console\.(log|info|warn|error|debug)|process\.(stdout|stderr)\.write)$/;

/** How much a console line is a log: a request's line, a logger's own, a failure's; anything else is none. */
function consoleRank(project: Project, call: Call): number {
  const { functionKinds } = project.language;
  const text = call.node.text;
  if (/method|req\.|request\./.test(text) && /status/i.test(text)) return 3;
  for (let at = call.node.parent; at; at = at.parent) {
    const name = (at.field("name") ?? at.field("key"))?.text ?? "";
    if (
      /^(variable_declarator|function_declaration|method_definition|pair)$/.test(at.kind) &&
      /log/i.test(name) &&
      !/login|logout/i.test(name)
    )
      return 2;
    if (at.kind === "catch_clause") return 1;
    if (functionKinds.includes(at.kind)) {
      const parameters = at.field("parameters")?.parts ?? [];
      if (parameters.length === 4 || outerCall(at) === "onError" || outerCall(at) === "setErrorHandler") return 1;
    }
  }
  return 0;
}

function outerCall(fn: Node): string {
  const outer = fn.parent?.kind === "arguments" ? fn.parent.parent?.field("function") : undefined;
  return outer?.field("property")?.text ?? "";
}

function consoles(project: Project): Sighting[] {
  const ranked = project
    .callsOf(CONSOLE)
    .filter((call) => project.isLive(call.node))
    .map((call) => ({ call, rank: consoleRank(project, call) }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank || earlier(a.call.node, b.call.node));
  return ranked.slice(0, 1).map(({ call }) => ({ choice: "console", origin: "runtime", at: call.node }));
}

/** The paths that a logger is told to leave out. */
function redactions(project: Project): string[] {
  return project.calls.flatMap((call) => {
    const isLogger = LIBRARIES.some(({ names }) => call.is(names)) || call.is(/^fastify/);
    const list = isLogger
      ? (call.option("redact.paths") ??
        call.option("redact") ??
        call.option("logger.redact.paths") ??
        call.option("logger.redact") ??
        call.option("headerBlacklist"))
      : undefined;
    return (list && project.values.texts(list)) ?? [];
  });
}

export default defineRule({
  topic: "logging",
  read(project) {
    const made = LIBRARIES.flatMap(({ names, choice, origin }) =>
      project
        .callsOf(names)
        .filter((call) => project.isLive(call.node))
        .map((call): Sighting => ({ choice, origin, at: call.node })),
    );
    const loggers = [...made, ...fastify(project)].sort((a, b) => earlier(a.at as Node, b.at as Node));
    return logging(project, loggers.length > 0 ? loggers : consoles(project), redactions(project));
  },
});
