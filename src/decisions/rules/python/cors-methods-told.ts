import { defineRule, type Sighting } from "../../rule.ts";
import type { Node } from "../../source/node.ts";
import type { Project } from "../../source/project.ts";
import { corsMethodsTold, judgesOrigin } from "../../topics/cors-methods.ts";
import cors from "./cors.ts";

/** Starlette lists the methods in its refusal too, unless a subclass of the app's judges the origin first. */
function starlette(project: Project): Sighting[] {
  return cors
    .read(project)
    .filter(({ origin, at }) => origin === "framework" && at)
    .map(({ at }): Sighting => {
      const added = project.call(at as Node)?.arg(0);
      const cls = added && project.resolver.source(added);
      const judging = cls?.kind === "class_definition" ? ownJudgement(project, cls) : undefined;
      return judging
        ? { choice: "none", origin: "hand-written", at: judging }
        : { choice: "to any origin", origin: "framework", at };
    });
}

/** Where a subclass turns other origins away itself: before the answer to a preflight, or before everything. */
function ownJudgement(project: Project, cls: Node): Node | undefined {
  const methods = cls
    .all("function_definition")
    .filter((fn) => /^(preflight_response|__call__)$/.test(fn.field("name")?.text ?? ""));
  return methods.flatMap((fn) => fn.all("if_statement")).find((branch) => judgesOrigin(project, branch));
}

/** flask-cors and django-cors-headers leave the answer to an origin that is not listed as it is. */
function library(project: Project): Sighting[] {
  return cors
    .read(project)
    .filter(({ origin }) => origin === "library")
    .map(
      ({ choice, at }): Sighting => ({
        choice: /\*|reflected/.test(choice) ? "to any origin" : "none",
        origin: "library",
        at,
      }),
    );
}

export default defineRule({
  topic: "cors-methods-told",
  read: (project) => corsMethodsTold(project, cors.read(project), [...starlette(project), ...library(project)]),
});
