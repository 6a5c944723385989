import { defineRule } from "../../rule.ts";
import type { Node } from "../../source/node.ts";
import type { Project } from "../../source/project.ts";
import { passwordPolicy, type SchemaPolicy } from "../../topics/policies.ts";
import { isForEnvironment } from "../../topics/validation.ts";

const PASSWORD = /passw(or)?d/i;

/** `password: z.string().min(8)`, `Joi.string().min(8)`, `{ minLength: 8 }`. */
function fields(project: Project): SchemaPolicy[] {
  return project.all("pair").flatMap((pair): SchemaPolicy[] => {
    const key = pair.field("key")?.text ?? "";
    const value = pair.field("value");
    if (!PASSWORD.test(key) || !value) return [];
    const source = project.resolver.source(value);
    const made = project.call(source);
    if (source.kind === "object") return jsonField(project, pair, source);
    if (!made || isForEnvironment(pair)) return [];
    const at = source === value ? pair : source;
    const min = made.option("minLength");
    if (!min) return chained(project, at, source);
    const classes = asksForClasses(made.option("pattern"), project);
    return [{ at, origin: "library", min, max: made.option("maxLength"), classes }];
  });
}

/** A pattern with ranges of letters or digits. */
function asksForClasses(pattern: Node | undefined, project: Project): boolean {
  return pattern !== undefined && /A-Z|a-z|0-9|\\d/.test(project.resolver.source(pattern).text);
}

function jsonField(project: Project, at: Node, object: Node): SchemaPolicy[] {
  const min = project.resolver.property(object, "minLength") ?? project.resolver.property(object, "minlength");
  const max = project.resolver.property(object, "maxLength") ?? project.resolver.property(object, "maxlength");
  const isMongoose = project.resolver.property(object, "minlength") !== undefined;
  const first = min && project.resolver.property(project.resolver.source(min), "0");
  return min
    ? [
        {
          at: isMongoose ? at : (min.parent ?? at),
          origin: isMongoose ? "library" : "framework",
          min: first ?? min,
          max,
          classes: /match\(|test\(|pattern|validate/.test(object.text) && /\[A-Z|\[a-z|\[0-9|\\d/.test(object.text),
        },
      ]
    : [];
}

/** The `.min()`, `.max()` and `.regex()` of a chain of calls. */
function chained(project: Project, at: Node, chain: Node): SchemaPolicy[] {
  let min: Node | undefined;
  let max: Node | undefined;
  let classes = false;
  for (let call = project.call(chain); call; call = call.receiver && project.call(call.receiver)) {
    if (/^(min|minLength)$/.test(call.method)) min ??= call.arg(0);
    if (/^(max|maxLength)$/.test(call.method)) max ??= call.arg(0);
    if (/^(regex|matches|pattern|refine)$/.test(call.method) && /A-Z|a-z|0-9|\\d/.test(call.node.text)) classes = true;
    if (/^isLength$/.test(call.method)) {
      min ??= call.option("min");
      max ??= call.option("max");
    }
    if (/^isStrongPassword$/.test(call.method)) classes = true;
  }
  return min || classes ? [{ at, origin: "library", min, max, classes }] : [];
}

/** express-validator: `body("password").isLength({ min: 8 })`. */
function checks(project: Project): SchemaPolicy[] {
  return project.calls.flatMap((call): SchemaPolicy[] => {
    if (!/^(isLength|isStrongPassword)$/.test(call.method) || !/\(\s*["'`]\w*passw(or)?d/i.test(call.node.text))
      return [];
    return chained(project, call.node, call.node);
  });
}

/** class-validator: decorators on a field named password. */
function decorators(project: Project): SchemaPolicy[] {
  return project.all("public_field_definition").flatMap((field): SchemaPolicy[] => {
    if (!PASSWORD.test(field.field("name")?.text ?? "")) return [];
    const before: Node[] = [];
    const siblings = field.parent?.children ?? [];
    for (let i = siblings.indexOf(field) - 1; i >= 0 && siblings[i]?.kind === "decorator"; i--)
      before.push(siblings[i] as Node);
    const calls = [...before, ...field.all("decorator")]
      .flatMap((decorator) => decorator.all("call_expression").slice(0, 1))
      .flatMap((node) => project.call(node) ?? []);
    const min = calls.find((call) => call.is(/^class-validator\.(MinLength|Length)$/));
    const max = calls.find((call) => call.is(/^class-validator\.MaxLength$/));
    const classes = calls.some((call) => call.is(/^class-validator\.(IsStrongPassword|Matches)$/));
    return min ? [{ at: min.node, origin: "library", min: min.arg(0), max: max?.arg(0) ?? min.arg(1), classes }] : [];
  });
}

export default defineRule({
  topic: "password-policy",
  read: (project) => passwordPolicy(project, [...fields(project), ...checks(project), ...decorators(project)], []),
});
