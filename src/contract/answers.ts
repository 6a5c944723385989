import { type Answer, parseJwt, walk } from "../http/index.ts";

/** Where a token lies in an answer, and the token. JWTs under a telling key win over others, then any string under one. */
export function findToken(json: unknown): { pointer: string; token: string } | undefined {
  const strings = [...walk(json)].filter(
    (node): node is typeof node & { value: string } => typeof node.value === "string",
  );
  const jwts = strings.filter(({ value }) => parseJwt(value) !== undefined);
  const telling = (key: string) =>
    /refresh/i.test(key) ? 3 : /access/i.test(key) ? 0 : /^(token|jwt)$/i.test(key) ? 1 : 2;
  const best = [...jwts].sort((a, b) => telling(a.key) - telling(b.key))[0];
  if (best) return { pointer: best.pointer, token: best.value };
  const opaque = strings.find(
    ({ key, value }) => /token|jwt/i.test(key) && !/type|refresh/i.test(key) && value.length >= 16,
  );
  return opaque ? { pointer: opaque.pointer, token: opaque.value } : undefined;
}

const ID_KEYS = ["id", "_id", "job_id", "jobId", "user_id", "userId", "uuid", "public_id", "publicId", "pk", "key"];

/** The object in a JSON tree that has `value` as a direct member, its pointer, and the member's key. */
export function findOwner(
  json: unknown,
  value: string,
): { pointer: string; key: string; object: Record<string, unknown> } | undefined {
  for (const node of walk(json)) {
    if (node.value === null || typeof node.value !== "object" || Array.isArray(node.value)) continue;
    const object = node.value as Record<string, unknown>;
    const key = Object.keys(object).find((name) => object[name] === value);
    if (key !== undefined) return { pointer: node.pointer, key, object };
  }
  return undefined;
}

/** The key of an object's identifier; scalar values only. */
export function idKeyOf(object: Record<string, unknown>): string | undefined {
  const scalar = (key: string) => ["string", "number"].includes(typeof object[key]);
  return (
    ID_KEYS.find((key) => key in object && scalar(key)) ??
    Object.keys(object).find((key) => /(^|_)(id|uuid)$|Id$/.test(key) && scalar(key))
  );
}

/** The array of objects in which one element has `value` as a direct member. */
export function findRows(
  json: unknown,
  value: string,
): { pointer: string; key: string; row: Record<string, unknown> } | undefined {
  for (const node of walk(json)) {
    if (!Array.isArray(node.value)) continue;
    for (const row of node.value as unknown[]) {
      if (row === null || typeof row !== "object") continue;
      const owner = findOwner(row, value);
      if (owner) return { pointer: node.pointer, key: owner.key, row: owner.object };
    }
  }
  return undefined;
}

/** Where the total of a search lies: a number under a telling key that is not within the rows. */
export function findTotal(json: unknown, rowsPointer: string): string | undefined {
  const numbers = [...walk(json)].filter(
    ({ pointer, value }) => typeof value === "number" && !pointer.startsWith(`${rowsPointer}/`),
  );
  const rank = (key: string) =>
    [/^total$/i, /total_?(count|items|results)?$/i, /count/i].findIndex((shape) => shape.test(key));
  const told = numbers
    .filter(({ key }) => rank(key) >= 0 && !/page/i.test(key))
    .sort((a, b) => rank(a.key) - rank(b.key))[0];
  return told?.pointer;
}

/** Names of fields that an error answer complains about, most telling first: validation locations, then bare words. */
export function complainedFields(answer: Answer): string[] {
  const text = answer.bytes.toString("utf8").slice(0, 16_384);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  const out = new Set<string>();
  for (const node of walk(json)) {
    // FastAPI and pydantic: "loc": ["body", "name"]
    if (node.key === "loc" && Array.isArray(node.value)) {
      const names = node.value.filter(
        (part): part is string =>
          typeof part === "string" && !["body", "query", "path", "header", "form"].includes(part),
      );
      if (names.length > 0) out.add(names.join("."));
    }
    // zod: "path": ["name"]; class-validator, Joi: "property", "field"; express-validator: "path": "name"
    if (node.key === "path" && Array.isArray(node.value))
      out.add(node.value.filter((part) => typeof part === "string").join("."));
    if (
      ["property", "field", "path", "param", "instancePath", "missingProperty"].includes(node.key) &&
      typeof node.value === "string"
    ) {
      out.add(node.value.replace(/^\//, "").replaceAll("/", "."));
    }
    // Django REST framework, marshmallow and the like: { "name": ["This field is required."] }
    if (
      node.key !== "" &&
      Array.isArray(node.value) &&
      node.value.length > 0 &&
      node.value.every((item) => typeof item === "string")
    )
      out.add(node.key);
    // { "fields": { "body.name": "Field required" } }: the key is the field.
    const key = node.key.replaceAll("~1", "/").replace(/^(body|form|json|data)[./]/, "");
    if (typeof node.value === "string" && !GENERIC_KEY.test(key) && /^[A-Za-z_][\w.]*$/.test(key)) out.add(key);
    if (
      typeof node.value === "string" &&
      /required|missing|must|expected|invalid|should|needs?|provide/i.test(node.value)
    ) {
      for (const match of node.value.matchAll(/["'`]([A-Za-z_][\w.]*)["'`]|\b([A-Za-z_]\w*)\b/g)) {
        const word = match[1] ?? match[2];
        if (word && !NOT_A_FIELD.has(word.toLowerCase())) out.add(word);
      }
    }
  }
  out.delete("");
  return [...out];
}

const GENERIC_KEY =
  /^(error|errors|message|messages|msg|detail|details|type|code|status|statusCode|title|reason|url|ctx|input|received|expected|path|loc)?$/i;

const NOT_A_FIELD = new Set(
  (
    "is are a an the and or of to in at be not must should field fields required missing invalid value string number body json request expected received " +
    "error detail message valid type object input please provide needs need with for this that it s no data payload only one may can cannot was were has have undefined null " +
    "least most characters long empty non positive integer unprocessable entity bad validation failed parameter parameters"
  ).split(" "),
);
