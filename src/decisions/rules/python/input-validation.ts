import { defineRule, type Sighting } from "../../rule.ts";
import type { Node } from "../../source/node.ts";
import type { Project } from "../../source/project.ts";
import { classesOf, inputValidation } from "../../topics/validation.ts";

const PYDANTIC = /^(pydantic(\.main|\.v1)?\.BaseModel|sqlmodel\.SQLModel|ninja\.Schema)$/;
const CONSTRAINED = /^fastapi\.(Body|Query|Path|Form|Header)$/;
const BODY = String.raw`request\.(get_json\([^()]*\)|json\b|form\b|files\b|FILES\b|POST\b|values\b|args\b)`;

/** Models that stand in a parameter or are validated into; any model when none does. */
function pydanticModels(project: Project): Sighting[] {
  const models = classesOf(project, PYDANTIC).filter(
    (cls) => !/table\s*=\s*True/.test(cls.field("superclasses")?.text ?? ""),
  );
  const words = new Set<string>();
  for (const annotation of project.all("type")) {
    if (!annotation.within("parameters") || !isRouteParameter(annotation)) continue;
    for (const name of annotation.all("identifier")) words.add(name.text);
  }
  const isInput = (cls: Node) => {
    const name = cls.field("name")?.text ?? "";
    return (
      words.has(name) ||
      project
        .find(`${name}.$METHOD($$$)`)
        .some((call) => /\.(model_validate(_json)?|parse_obj|parse_raw)\(/.test(call.text))
    );
  };
  const inputs = models.filter(isInput);
  return (inputs.length > 0 ? inputs : models).map((at) => ({ choice: "pydantic", origin: "library", at }));
}

/** Of a decorated function, and not injected. */
function isRouteParameter(annotation: Node): boolean {
  const fn = annotation.within("function_definition");
  return fn?.parent?.kind === "decorated_definition" && !/\bDepends\(/.test(annotation.parent?.text ?? "");
}

/** FastAPI checks parameters with pydantic where no model is written. */
function constrainedParameters(project: Project): Sighting[] {
  const options = ["min_length", "max_length", "pattern", "regex", "ge", "gt", "le", "lt"];
  const call = project
    .callsOf(CONSTRAINED)
    .find((candidate) => candidate.method === "Body" || options.some((option) => candidate.option(option)));
  return call ? [{ choice: "pydantic", origin: "framework", at: call.node }] : [];
}

/** `if not email`, `isinstance(...)`, `"x" not in data`: tests of what a request holds, by an `if` that refuses. */
function handWritten(project: Project): Node[] {
  return project.all("function_definition").flatMap((fn) => {
    const names = bodyNames(fn);
    if (names.length === 0 && !new RegExp(BODY).test(fn.text)) return [];
    const value = `(${[BODY, ...names.map((name) => `${name}\\b`)].join("|")})`;
    const access = String.raw`(\.get\([^()]*\)|\[[^\]]*\]|\.\w+)*`;
    const tests = new RegExp(
      [
        `not\\s+${value}${access}\\s*(or|and|$|:|\\))`,
        `isinstance\\(\\s*${value}`,
        `len\\(\\s*${value}`,
        `\\bin\\s+${value}`,
        `${value}${access}\\s+(not\\s+)?in\\b`,
        `${value}${access}\\s+is\\s+(not\\s+)?None`,
        `all\\(|any\\(.*${value}`,
        `match\\([^)]*${value}`,
      ].join("|"),
    );
    return fn
      .all("if_statement")
      .filter((statement) => tests.test(statement.field("condition")?.text ?? "") && refuses(statement));
  });
}

function refuses(statement: Node): boolean {
  return /\b(return|raise|abort)\b/.test(statement.field("consequence")?.text ?? "");
}

/** Names in a function that hold a request's body or a part of it. */
function bodyNames(fn: Node): string[] {
  const names: string[] = [];
  const isBody = (text: string) =>
    new RegExp(`^(await\\s+)?\\(?${BODY}|^(await\\s+)?request\\.json\\(\\)|^json\\.loads\\(\\s*request`).test(text) ||
    names.some((name) => new RegExp(`^\\(?${name}(\\.get\\(|\\[)`).test(text));
  for (const assignment of fn.all("assignment")) {
    const left = assignment.field("left");
    const right = assignment.field("right");
    if (left?.kind === "identifier" && right && isBody(right.text)) names.push(left.text);
  }
  return names;
}

export default defineRule({
  topic: "input-validation",
  read(project) {
    const models = pydanticModels(project);
    return inputValidation(
      project,
      [
        { choice: "marshmallow", origin: "library", bases: /^(marshmallow\.Schema|flask_marshmallow\..*Schema)$/ },
        { choice: "drf-serializers", origin: "framework", bases: /^rest_framework\.serializers\.\w*Serializer$/ },
        { choice: "django-forms", origin: "framework", bases: /^django\.forms\.(Form|ModelForm)$/ },
        { choice: "wtforms", origin: "library", bases: /^(flask_wtf\.(FlaskForm|Form)|wtforms\.Form)$/ },
        {
          choice: "json-schema",
          origin: "library",
          calls: /^jsonschema\.(validate|Draft\w+Validator|validators\.\w+)$/,
        },
        { choice: "cerberus", origin: "library", calls: /^cerberus\.Validator$/ },
      ],
      models.length > 0 ? models : constrainedParameters(project),
      handWritten,
    );
  },
});
