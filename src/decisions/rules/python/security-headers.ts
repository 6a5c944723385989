import { defineRule, type Sighting } from "../../rule.ts";
import type { Node } from "../../source/node.ts";
import type { Project } from "../../source/project.ts";
import { securityHeaders } from "../../topics/headers.ts";

function built(project: Project): Sighting[] {
  const calls = project.callsOf(
    /^(flask_talisman\.Talisman|talisman\.Talisman|secure\.Secure(\.\w+)?|secure\.SecureHeaders)$/,
  );
  const settings = project
    .all("string")
    .filter((node) => /^["']django\.middleware\.security\.SecurityMiddleware["']$/.test(node.text));
  return [
    ...calls.map(
      (call): Sighting => ({
        choice: call.name?.includes("alisman") ? "talisman" : "secure-headers",
        origin: "library",
        at: call.node,
      }),
    ),
    ...settings.map((at): Sighting => ({ choice: "django", origin: "framework", at })),
  ];
}

/** A middleware, an `after_request` hook, or a constant that such a function uses. */
function isForAll(node: Node): boolean {
  for (let fn = node.within("function_definition"); fn; fn = fn.within("function_definition")) {
    const decorators =
      fn.parent?.kind === "decorated_definition" ? fn.parent.text.slice(0, fn.parent.text.indexOf("def ")) : "";
    if (
      /middleware\(|after_request|after_app_request/.test(decorators) ||
      /\bcall_next\b|get_response|http\.response\.start/.test(fn.text)
    )
      return true;
    if (/^(dispatch|__call__|process_response)$/.test(fn.field("name")?.text ?? "")) return true;
  }
  const constant = node.within("function_definition") ? undefined : node.within("assignment")?.field("left")?.text;
  return (
    constant !== undefined &&
    node.file.root
      .all("function_definition")
      .some(
        (fn) =>
          new RegExp(`\\b${constant}\\b`).test(fn.text) &&
          /call_next|http\.response\.start|get_response|after_request/.test(fn.parent?.text ?? ""),
      )
  );
}

export default defineRule({
  topic: "security-headers",
  read: (project) => securityHeaders(project, built(project), isForAll),
});
