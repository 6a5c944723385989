/** A JSON pointer's (RFC 6901) value, or undefined. */
export function at(json: unknown, pointer: string): unknown {
  let value = json;
  for (const part of pointer.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (value === null || typeof value !== "object") return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

export const pointerPart = (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1");

/** Every value in a JSON tree with its pointer, parents first, in the order of the document. */
export function* walk(json: unknown, pointer = ""): Generator<{ pointer: string; key: string; value: unknown }> {
  yield { pointer, key: pointer.split("/").pop() ?? "", value: json };
  if (json === null || typeof json !== "object") return;
  for (const [key, value] of Object.entries(json)) yield* walk(value, `${pointer}/${pointerPart(key)}`);
}

/** The value of a JSON text, with JSON:API's resources as plain objects; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return text.includes('"attributes"') ? JSON.parse(text, plainResource) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A resource as JSON:API writes it keeps its id beside its attributes: both become members of one object. */
function plainResource(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const { attributes, ...rest } = value as Record<string, unknown>;
  const isResource = typeof rest["type"] === "string" && ["string", "number"].includes(typeof rest["id"]);
  if (!isResource || attributes === null || typeof attributes !== "object" || Array.isArray(attributes)) return value;
  return { ...attributes, ...rest };
}

/** Equality of JSON values; key order does not matter. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) => key in b && sameJson((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}
