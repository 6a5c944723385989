import { type Answer, bareToken, parseJwt, walk } from "../http/index.ts";

/**
 * What kind of token a place in an answer is for, by the nearest name that tells: `/access/token` and `/accessToken` are
 * for access tokens.
 */
export function tokenKind(pointer: string): "access" | "refresh" | undefined {
  const told = pointer.split("/").findLast((name) => /refresh|access/i.test(name));
  return told === undefined ? undefined : /refresh/i.test(told) ? "refresh" : "access";
}

/** Where a token lies in an answer, and the token. JWTs in a telling place win over others, then any string in one. */
export function findToken(json: unknown): { pointer: string; token: string } | undefined {
  const strings = [...walk(json)].flatMap(({ pointer, key, value }) =>
    typeof value === "string" ? [{ pointer, key, value: bareToken(value) }] : [],
  );
  const rank = ({ pointer, key }: { pointer: string; key: string }) => {
    const kind = tokenKind(pointer);
    return kind === "refresh" ? 3 : kind === "access" ? 0 : /^(token|jwt)$/i.test(key) ? 1 : 2;
  };
  const best = strings.filter(({ value }) => parseJwt(value) !== undefined).sort((a, b) => rank(a) - rank(b))[0];
  if (best) return { pointer: best.pointer, token: best.value };
  const opaque = strings
    .filter(
      ({ key, value }) => /token|jwt|^authorization$|^access$/i.test(key) && !/type/i.test(key) && value.length >= 16,
    )
    .filter((one) => rank(one) < 3)
    .sort((a, b) => rank(a) - rank(b))[0];
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

/** Where a number of this value lies that is not within the rows; a telling key wins over others. */
export function findTotalOf(json: unknown, rowsPointer: string, value: number): string | undefined {
  const equal = [...walk(json)].filter(
    (node) => node.value === value && !node.pointer.startsWith(`${rowsPointer}/`) && !/page|limit|size/i.test(node.key),
  );
  return (equal.find(({ key }) => /total|count/i.test(key)) ?? equal[0])?.pointer;
}

/** A field that an error answer complains about. */
export interface Complaint {
  name: string;
  /** What it says of the field, where that is told apart. */
  says: string;
  /** Named in a place that holds field names, rather than as a word of a sentence. */
  sure: boolean;
}

/** Fields that an error answer complains about, those that are surely meant first: validation locations, then words. */
export function complaintsOf(answer: Answer): Complaint[] {
  const text = answer.bytes.toString("utf8").slice(0, 16_384);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = text;
  }
  const out = new Map<string, Complaint>();
  const add = (name: string, says: string, sure: boolean) => {
    const known = out.get(name);
    if (name !== "" && (!known || (sure && !known.sure))) out.set(name, { name, says, sure });
  };
  for (const { object } of objectsOf(json)) {
    const says = [
      object["msg"],
      object["message"],
      object["code"],
      object["expected"],
      object["options"],
      object["values"],
    ]
      .flat()
      .filter((part) => typeof part === "string" || typeof part === "number")
      .join(" ");
    // FastAPI and pydantic: "loc": ["body", "name"]; zod: "path": ["name"]
    for (const key of ["loc", "path"]) {
      const place = object[key];
      if (!Array.isArray(place)) continue;
      const names = place.filter((part) => typeof part === "string" && !PLACES.has(part));
      add(names.join("."), says, true);
    }
    // class-validator, Joi: "property", "field"; express-validator: "path": "name"; Ajv: "instancePath"
    for (const key of ["property", "field", "path", "param", "instancePath", "missingProperty"]) {
      const place = object[key];
      const inner = key === "instancePath" ? says : "";
      if (typeof place === "string") add(place.replace(/^\//, "").replaceAll("/", "."), says || inner, true);
    }
    for (const [key, value] of Object.entries(object)) {
      // Django REST framework, marshmallow, Laravel: { "name": ["This field is required."] }
      if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string")) {
        if (!GENERIC_KEY.test(key)) add(key, value.join(" "), true);
        continue;
      }
      // { "fields": { "body.name": "Field required" } }: the key is the field.
      const name = key.replaceAll("~1", "/").replace(/^(body|form|json|data)[./]/, "");
      if (typeof value === "string" && !GENERIC_KEY.test(name) && /^[A-Za-z_][\w.]*$/.test(name))
        add(name, value, true);
    }
  }
  // "name is required", "missing field `name`", "name must be a string", "Key: 'Job.Pipeline' Error:..."
  for (const sentence of sentencesOf(json)) {
    if (!COMPLAINS.test(sentence)) continue;
    // Go's validator names the struct's member, not the JSON's.
    const member = /Field validation for '(\w+)'/.exec(sentence)?.[1];
    if (member) {
      add(member.charAt(0).toLowerCase() + member.slice(1), sentence, true);
      add(member.replace(/(?<=[a-z0-9])[A-Z]/g, "_$&").toLowerCase(), sentence, true);
      continue;
    }
    for (const match of sentence.matchAll(/["'`]([A-Za-z_][\w.]*)["'`]|\b([A-Za-z_]\w*)\b/g)) {
      const word = match[1] ?? match[2];
      if (word && !NOT_A_FIELD.has(word.toLowerCase())) add(word, sentence, match[1] !== undefined);
    }
  }
  return [...out.values()].sort((a, b) => Number(b.sure) - Number(a.sure));
}

function* objectsOf(json: unknown): Generator<{ object: Record<string, unknown> }> {
  for (const { value } of walk(json))
    if (value !== null && typeof value === "object" && !Array.isArray(value))
      yield { object: value as Record<string, unknown> };
}

function* sentencesOf(json: unknown): Generator<string> {
  for (const { value } of walk(json)) if (typeof value === "string") yield value;
}

const COMPLAINS =
  /required|missing|must|failed on|expected|invalid|should|needs?|provide|cannot be|can't be|may not be/i;

const PLACES: ReadonlySet<unknown> = new Set(["body", "query", "path", "header", "form"]);

/**
 * Values for a field that no rule knows, most fitting first, from what the app says of it: one of its own choices, or
 * one of the type that it asks for, or plain text.
 */
export function valuesFor({ name, says }: Complaint): unknown[] {
  const choices = [...says.matchAll(/["'`|]([\w-]{2,30})["'`|]/g)]
    .map((match) => match[1])
    .filter((word) => word !== name);
  const listed =
    /(?:one of|among|allowed values?(?: are)?|choices?(?: are)?)[:\s(["']+([\w-]+(?:(?:\s*[,|/]\s*|["'\s]+or["'\s]+)["']?[\w-]+)+)/i.exec(
      says,
    )?.[1];
  const fromChoices =
    listed !== undefined
      ? listed.split(/[^\w-]+|\bor\b/).filter(Boolean)
      : /one of|choice|enum|literal|allowed|variant/i.test(says)
        ? choices
        : [];
  const byType: [RegExp, unknown][] = [
    [/uuid/i, "3f2b8c1e-6d4a-4b7e-9c55-0a1d2e3f4a5b"],
    [/\b(date|datetime|timestamp|iso.?8601|time)\b/i, "2030-01-01T00:00:00Z"],
    [/\b(url|uri)\b/i, "https://example.com/data.csv"],
    [/\be-?mail\b/i, "robin@example.com"],
    [/\bbool(ean)?\b/i, true],
    [/\b(int|integer|whole number|number|numeric|float|decimal|[iu](32|64))\b/i, 1],
    [/\b(object|dict(ionary)?|map|record|mapping|struct)\b/i, {}],
    [/\b(array|list|sequence|slice)\b/i, []],
    [/cron/i, "0 0 * * *"],
  ];
  const typed = byType.filter(([shape]) => shape.test(`${says} ${name}`)).map(([, value]) => value);
  return [...fromChoices.slice(0, 2), ...typed, "sample", 1, {}, []];
}

const GENERIC_KEY =
  /^(error|errors|message|messages|msg|detail|details|type|code|status|statusCode|title|reason|url|ctx|input|received|expected|path|loc)?$/i;

const NOT_A_FIELD = new Set(
  (
    "is are a an the and or of to in at be not must should field fields required missing invalid value string number body json request expected received " +
    "error detail message valid type object input please provide needs need with for this that it s no data payload only one may can cannot was were has have undefined null " +
    "least most characters long empty non positive integer unprocessable entity bad validation failed parameter parameters " +
    "blank unknown extra but got found allowed values choices choice option cannot parse decode deserialize unmarshal line column key tag on type types your you have try again"
  ).split(" "),
);
