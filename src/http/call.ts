import type { Contract, Operation } from "../model/contract.ts";
import type { HeaderList } from "../model/evidence.ts";
import { type Body, textBody } from "./body.ts";
import type { Ask } from "./conversation.ts";
import { type FilePart, type FurtherFile, multipart } from "./multipart.ts";

/** One use of an operation. Field names are ours; the contract says what the app calls them. */
export interface Call {
  job?: string;
  user?: string;
  /** Sent with the contract's scheme, or in its cookie; undefined sends neither. */
  token?: string | undefined;
  /** The Authorization header exactly. Wins over `token`. */
  authorization?: string;
  fields?: Readonly<Record<string, unknown>>;
  /** Further members of a JSON or form body, under the app's own names. */
  also?: Readonly<Record<string, unknown>>;
  /** Appended to the path after `?`, exactly. */
  query?: string;
  file?: Omit<FilePart, "field">;
  /** More files in the same field of the form, before `file` or behind it. */
  further?: Partial<Record<"before" | "behind", readonly Omit<FurtherFile, "field">[]>>;
  /** Instead of the body that the operation describes. */
  body?: { bytes: Body; contentType: string };
  headers?: HeaderList;
  method?: string;
  label?: string;
  from?: string;
  chunked?: boolean;
  timeoutMs?: number;
  throttleIsAnswer?: boolean;
}

const segment = (value: string) => encodeURIComponent(value);

export function pathOf(operation: Operation, call: Pick<Call, "job" | "user" | "query">): string {
  const path = operation.path
    .replaceAll("{job}", segment(call.job ?? ""))
    .replaceAll("{user}", segment(call.user ?? ""));
  return call.query === undefined ? path : `${path}${path.includes("?") ? "&" : "?"}${call.query}`;
}

/** The request that this operation is, on an app with this contract. */
export function askFor(contract: Pick<Contract, "auth">, operation: Operation, call: Call): Ask {
  const headers: HeaderList = (call.headers ?? []).map(([name, value]) => [name, value]);
  const { scheme, cookie } = contract.auth;
  if (call.authorization !== undefined) headers.push(["Authorization", call.authorization]);
  else if (call.token !== undefined && cookie !== undefined) addCookie(headers, `${cookie}=${call.token}`);
  else if (call.token !== undefined) headers.push(["Authorization", scheme ? `${scheme} ${call.token}` : call.token]);
  const made = call.body ?? bodyFor(operation, call);
  if (made) headers.push(["Content-Type", made.contentType]);
  return {
    method: call.method ?? operation.method,
    path: pathOf(operation, call),
    headers,
    ...(made ? { body: made.bytes } : {}),
    ...(call.label !== undefined ? { label: call.label } : {}),
    ...(call.from !== undefined ? { from: call.from } : {}),
    ...(call.chunked !== undefined ? { chunked: call.chunked } : {}),
    ...(call.timeoutMs !== undefined ? { timeoutMs: call.timeoutMs } : {}),
    ...(call.throttleIsAnswer !== undefined ? { throttleIsAnswer: call.throttleIsAnswer } : {}),
  };
}

/** Cookies go in one header (RFC 6265 section 5.4). */
function addCookie(headers: HeaderList, pair: string): void {
  const other = headers.find(([name]) => name.toLowerCase() === "cookie");
  if (other) other[1] = `${pair}; ${other[1]}`;
  else headers.push(["Cookie", pair]);
}

function bodyFor(operation: Operation, call: Call): { bytes: Body; contentType: string } | undefined {
  const values = membersOf(operation, call);
  switch (operation.encoding) {
    case "none":
      return undefined;
    case "json":
      return { bytes: textBody(JSON.stringify(values)), contentType: "application/json" };
    case "form":
      return {
        bytes: textBody(
          new URLSearchParams(
            Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)])),
          ).toString(),
        ),
        contentType: "application/x-www-form-urlencoded",
      };
    case "multipart": {
      if (!call.file) return undefined;
      const texts = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
      const field = operation.fields["file"] ?? "file";
      const inField = (files: readonly Omit<FurtherFile, "field">[] = []) => files.map((file) => ({ ...file, field }));
      const further = { before: inField(call.further?.before), behind: inField(call.further?.behind) };
      const { body, contentType } = multipart({ ...call.file, field }, texts, further);
      return { bytes: body, contentType };
    }
    case "raw": {
      const content = call.file?.content ?? "";
      const type = call.file?.contentType ?? "application/octet-stream";
      if (typeof content === "string") return { bytes: textBody(content), contentType: type };
      if (Buffer.isBuffer(content)) return { bytes: { kind: "bytes", bytes: content }, contentType: type };
      return { bytes: { kind: "fill", tail: "", ...content }, contentType: type };
    }
  }
}

/** Body members under the app's names: what it demands besides, then our fields, then what the call adds. */
export function membersOf(operation: Operation, call: Pick<Call, "fields" | "also">): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  const fields = call.fields ?? {};
  for (const [name, value] of Object.entries(operation.extra)) {
    out[name] =
      typeof value === "string"
        ? value.replace(/\{(\w+)\}/g, (whole, key: string) => String(fields[key] ?? whole))
        : value;
  }
  for (const [name, value] of Object.entries(fields)) {
    const theirs = name in operation.fields ? operation.fields[name] : name;
    if (theirs && !(operation.encoding === "multipart" && name === "file")) out[theirs] = value;
  }
  return { ...out, ...call.also };
}
