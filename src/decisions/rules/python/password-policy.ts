import { defineRule, type Sighting } from "../../rule.ts";
import type { Call } from "../../source/call.ts";
import type { Node } from "../../source/node.ts";
import type { Project } from "../../source/project.ts";
import { passwordPolicy, type SchemaPolicy } from "../../topics/policies.ts";

const PASSWORD = /passw(or)?d/i;

/** Calls inside a field's type or default that limit it. */
function limitsIn(project: Project, field: Node): SchemaPolicy[] {
  return field.all("call").flatMap((node): SchemaPolicy[] => {
    const call = project.call(node);
    const min = call?.option("min_length") ?? (call?.is(/validate\.Length$/) ? call.option("min") : undefined);
    const max = call?.option("max_length") ?? (call?.is(/validate\.Length$/) ? call.option("max") : undefined);
    const pattern = call?.option("pattern") ?? call?.option("regex");
    const shortest = pattern && /\{(\d+),/.exec(project.values.text(pattern) ?? "");
    if (!min && pattern) {
      const least = shortest ? Number(shortest[1]) : undefined;
      return [{ at: node, origin: originOf(call as Call), min: least, max, classes: true }];
    }
    return call && min ? [{ at: node, origin: originOf(call), min, max, classes: asksForClasses(field) }] : [];
  });
}

function originOf(call: Call): SchemaPolicy["origin"] {
  return call.is(/^(fastapi|django|rest_framework)\./) ? "framework" : "library";
}

/** A validator of the class that looks at the characters of the password. */
function asksForClasses(field: Node): boolean {
  const cls = field.within("class_definition");
  const validators = (cls?.all("decorated_definition") ?? []).filter((node) =>
    /validator\([^)]*passw/i.test(node.text),
  );
  return validators.some((node) => /isdigit|isupper|islower|\[A-Z\]|\[a-z\]|\[0-9\]|\\d/.test(node.text));
}

/** `password: str = Field(min_length=8)`, also in a parameter or by an alias of a type. */
function schemas(project: Project): SchemaPolicy[] {
  const fields = project.all("assignment", "typed_default_parameter", "typed_parameter").filter((node) => {
    const name = node.field("left") ?? node.field("name") ?? node.parts[0];
    return name?.kind === "identifier" && PASSWORD.test(name.text);
  });
  return fields.flatMap((field) => {
    const own = limitsIn(project, field);
    const type = field.field("type")?.parts[0];
    const alias = type && project.resolver.source(type);
    return own.length > 0 || !alias || alias === type ? own : limitsIn(project, alias);
  });
}

function djangoValidators(project: Project): Sighting[] {
  const [list] = project.fields("AUTH_PASSWORD_VALIDATORS");
  const expr = list && project.language.expr(list);
  return list && expr?.type === "list" && expr.items.length > 0
    ? [{ choice: "django validators", origin: "framework", at: list }]
    : [];
}

export default defineRule({
  topic: "password-policy",
  read: (project) => passwordPolicy(project, schemas(project), djangoValidators(project)),
});
