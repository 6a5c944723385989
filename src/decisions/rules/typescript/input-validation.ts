import { defineRule, type Sighting } from "../../rule.ts";
import type { Node } from "../../source/node.ts";
import type { Project } from "../../source/project.ts";
import { inputValidation } from "../../topics/validation.ts";

const ROUTES = /^(get|post|put|patch|delete|route|all)$/;
const BODY =
  /^(await\s+)?\(?(await\s+)?(req|request|ctx\.request|c\.req|ctx|event|context)\.(body|json\(\)|query|params)\b|^\(?req(uest)?\.body\s*(\?\?|\|\|)/;
const NOT_A_FIELD =
  /\b(claims|exp|window|document|process|globalThis|err|error|origin|fn|callback|module|exports|port|env|token|header)\b|\bpayload\.(sub|exp|iat)/;

/** Classes with fields that class-validator's decorators are on. */
function decoratedClasses(project: Project): Sighting[] {
  return project.all("class_declaration").flatMap((cls) => {
    const decorators = cls.all("decorator").flatMap((decorator) => decorator.all("call_expression").slice(0, 1));
    const isValidated = decorators.some((call) => /^class-validator\./.test(project.call(call)?.name ?? ""));
    return isValidated ? [{ choice: "class-validator", origin: "library", at: cls } satisfies Sighting] : [];
  });
}

/** Fastify: a route's `schema` that is not made by a library. */
function routeSchemas(project: Project): Sighting[] {
  return project.calls.flatMap((call): Sighting[] => {
    const schema = ROUTES.test(call.method) ? (call.option("schema") ?? call.option("schema.body")) : undefined;
    const body = call.option("schema.body") ?? call.option("schema.querystring");
    if (!schema || !body) return [];
    const made = project.call(project.resolver.source(body));
    return made ? [] : [{ choice: "json-schema", origin: "framework", at: schema }];
  });
}

/** `typeof x !== "string"` and the like, on anything but the program's own matters. */
function typeTests(project: Project): Node[] {
  return project.all("binary_expression").filter((node) => {
    const left = node.field("left");
    const right = node.field("right");
    const isTest =
      left?.kind === "unary_expression" &&
      /^typeof\b/.test(left.text) &&
      /^["'](string|number|object|boolean)["']$/.test(right?.text ?? "");
    return isTest && !NOT_A_FIELD.test(left.text) && !/config|env|settings|logger/i.test(node.file.path);
  });
}

/** `if (!email || !password)` and `ctx.assert(email)` on names taken from a body. */
function presenceTests(project: Project): Node[] {
  const out: Node[] = [];
  for (const declarator of project.all("variable_declarator")) {
    const pattern = declarator.field("name");
    const value = declarator.field("value");
    if (!pattern || !value || !BODY.test(value.text)) continue;
    const names =
      pattern.kind === "identifier"
        ? [pattern.text]
        : pattern.all("identifier", "shorthand_property_identifier_pattern").map((node) => node.text);
    const scope = declarator.within("statement_block") ?? declarator.file.root;
    const test = new RegExp(
      `!\\s*(${names.join("|")})\\b(?!\\s*\\()|isInteger\\(\\s*(${names.join("|")})|(${names.join("|")})(\\.length|\\?\\.length)\\s*[<>]`,
    );
    for (const statement of scope.all("if_statement")) {
      if (
        test.test(statement.field("condition")?.text ?? "") &&
        /\b(return|throw)\b|\.status\(4/.test(statement.field("consequence")?.text ?? "")
      )
        out.push(statement);
    }
    for (const found of scope.all("call_expression")) {
      const call = project.call(found);
      if (call?.method === "assert" && names.some((name) => new RegExp(`\\b${name}\\b`).test(call.arg(0)?.text ?? "")))
        out.push(found);
    }
  }
  return out;
}

/** `if (!email) throw new HttpError(422)`: a refusal of a missing value as the client's mistake. */
function refusals(project: Project): Node[] {
  return project.all("if_statement").filter((statement) => {
    const condition = statement.field("condition")?.text ?? "";
    const then = statement.field("consequence")?.text ?? "";
    return (
      /!\s*(\w+\??\.)*(email|username|name|title|password|body|description|status)\b(?!\s*\()/.test(condition) &&
      /\b(400|422)\b|BadRequest|Unprocessable|ValidationError/.test(then)
    );
  });
}

export default defineRule({
  topic: "input-validation",
  read: (project) =>
    inputValidation(
      project,
      [
        {
          choice: "zod",
          origin: "library",
          calls:
            /^(zod(\/\w+)?|@hono\/zod-openapi)\.(z\.|default\.)?(object|strictObject|looseObject|discriminatedUnion)$/,
        },
        { choice: "zod", origin: "library", calls: /^drizzle-zod\.create\w+Schema$/ },
        { choice: "joi", origin: "library", calls: /^(joi|@hapi\/joi|celebrate\.Joi)(\.Joi)?\.object$/ },
        { choice: "yup", origin: "library", calls: /^yup\.object$/ },
        { choice: "valibot", origin: "library", calls: /^valibot\.(strictObject|object)$/ },
        { choice: "typebox", origin: "library", calls: /^(@sinclair\/typebox|typebox)\.(Type\.|default\.)?Object$/ },
        {
          choice: "express-validator",
          origin: "library",
          calls: /^express-validator\.(body|check|checkSchema|query|param)$/,
        },
        { choice: "ajv", origin: "library", calls: /^ajv(\/dist\/\w+)?(\.Ajv)?$/ },
        { choice: "superstruct", origin: "library", calls: /^superstruct\.object$/ },
        { choice: "arktype", origin: "library", calls: /^arktype\.type$/ },
      ],
      [...decoratedClasses(project), ...routeSchemas(project)],
      (from) => [...typeTests(from), ...presenceTests(from), ...refusals(from)],
    ),
});
