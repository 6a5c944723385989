import { defineRule, type Sighting } from "../../rule.ts";
import type { Project } from "../../source/project.ts";
import { originsOf } from "../../topics/cors.ts";
import { corsMethodsTold } from "../../topics/cors-methods.ts";
import cors from "./cors.ts";

/**
 * The `cors` package lists the methods to every origin, also to one that is not on its list; only where a function says
 * no does it keep silent.
 */
function library(project: Project): Sighting[] {
  return project.callsOf(/^cors$/).flatMap((call): Sighting[] => {
    if (!project.isLive(call.node)) return [];
    const option = call.option("origin");
    const judge = option && project.resolver.source(option);
    if (!option || !judge || !project.language.functionKinds.includes(judge.kind))
      return [{ choice: "to any origin", origin: "library", at: call.node }];
    const origins = originsOf(project, option);
    if (origins === "unknown") return [{ choice: "unknown", origin: "unknown", at: option, confidence: "unknown" }];
    return /^(\*|reflected)$/.test(origins)
      ? [{ choice: "to any origin", origin: "library", at: call.node }]
      : [{ choice: "none", origin: "hand-written", at: option }];
  });
}

export default defineRule({
  topic: "cors-methods-told",
  read: (project) => corsMethodsTold(project, cors.read(project), library(project)),
});
