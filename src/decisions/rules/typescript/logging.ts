import type { Decision } from "../../../model/decision.ts";
import { defineRule, earlier, type Sighting } from "../../rule.ts";
import type { Node } from "../../source/node.ts";
import type { Project } from "../../source/project.ts";
import { logging, printed } from "../../topics/logging.ts";

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

/** In a catch, or in a handler of errors. */
function isFailure(node: Node): boolean {
  for (let at = node.parent; at; at = at.parent) {
    if (at.kind === "catch_clause") return true;
    if (!FUNCTIONS.includes(at.kind)) continue;
    const parameters = at.field("parameters")?.parts ?? [];
    if (parameters.length === 4 || /^(onError|setErrorHandler|catch)$/.test(outerCall(at))) return true;
  }
  return false;
}

const FUNCTIONS = ["arrow_function", "function_expression", "function_declaration", "method_definition"];

function outerCall(fn: Node): string {
  const outer = fn.parent?.kind === "arguments" ? fn.parent.parent?.field("function") : undefined;
  return outer?.field("property")?.text ?? "";
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
    return logging(project, loggers.length > 0 ? loggers : printed(project, CONSOLE, isFailure), redactions(project));
  },
});
