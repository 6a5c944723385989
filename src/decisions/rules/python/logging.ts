import { defineRule, type Sighting } from "../../rule.ts";
import type { Project } from "../../source/project.ts";
import { logging } from "../../topics/logging.ts";

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

/** A print inside a function; one of a script's start is no log. */
function printed(project: Project): Sighting[] {
  const call = project
    .callsOf(/^print$/)
    .find(({ node }) => node.within("function_definition") && project.isLive(node));
  return call ? [{ choice: "print", origin: "runtime", at: call.node }] : [];
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
        ...printed(project),
      ],
      [],
    ),
});
