import { defineRule, type Sighting } from "../../rule.ts";
import type { Node } from "../../source/node.ts";
import type { Project } from "../../source/project.ts";
import { logging, printed } from "../../topics/logging.ts";

function firstCall(project: Project, names: RegExp, choice: string, origin: Sighting["origin"]): Sighting[] {
  return project
    .callsOf(names)
    .slice(0, 1)
    .map((call) => ({ choice, origin, at: call.node }));
}

/** `app.logger.error(...)`: Flask's own logger. */
function flask(project: Project): Sighting[] {
  const call = project.calls.find(({ callee }) => /^(app|current_app)\.logger\.\w+$/.test(callee.text));
  return call ? [{ choice: "logging", origin: "framework", at: call.node }] : [];
}

/** Django's LOGGING setting. */
function setting(project: Project): Sighting[] {
  const assignment = project
    .all("assignment")
    .find((node) => node.field("left")?.text === "LOGGING" && node.field("right")?.kind === "dictionary");
  return assignment ? [{ choice: "logging", origin: "runtime", at: assignment }] : [];
}

const PRINTS = /^(print|sys\.(stdout|stderr)\.write)$/;

/** In an except clause, or in a handler of exceptions. */
function isFailure(node: Node): boolean {
  if (node.within("except_clause")) return true;
  const decorated = node.within("decorated_definition");
  return /^@[\w.]*(exception_handler|errorhandler)\(/.test(decorated?.text ?? "");
}

export default defineRule({
  topic: "logging",
  read: (project) =>
    logging(
      project,
      [
        ...firstCall(project, /^structlog(\.stdlib)?\.(get_logger|getLogger)$/, "structlog", "library"),
        ...firstCall(project, /^loguru\.logger\.\w+$/, "loguru", "library"),
        ...firstCall(project, /^logging\.getLogger$/, "logging", "runtime"),
        ...setting(project),
        ...flask(project),
        ...firstCall(
          project,
          /^logging\.(basicConfig|config\.dictConfig|info|warning|error|exception)$/,
          "logging",
          "runtime",
        ),
        ...printed(project, PRINTS, isFailure),
      ],
      [],
    ),
});
