import type { KeptBody } from "../model/evidence.ts";

/** A request body: bytes in hand, or a large one made on the fly, so that 50 MB never lie in memory. */
export type Body =
  | { kind: "bytes"; bytes: Buffer }
  | { kind: "fill"; head: string; fillBytes: number; fillByte: string; tail: string };

export const textBody = (text: string): Body => ({ kind: "bytes", bytes: Buffer.from(text, "utf8") });

export function bodyLength(body: Body): number {
  if (body.kind === "bytes") return body.bytes.length;
  return Buffer.byteLength(body.head) + body.fillBytes + Buffer.byteLength(body.tail);
}

const PIECE = 64 * 1024;

/** The body in pieces of at most 64 KiB. */
export function* piecesOf(body: Body): Generator<Buffer> {
  if (body.kind === "bytes") {
    for (let at = 0; at < body.bytes.length; at += PIECE) yield body.bytes.subarray(at, at + PIECE);
    return;
  }
  yield Buffer.from(body.head);
  const piece = Buffer.alloc(PIECE, body.fillByte);
  for (let left = body.fillBytes; left > 0; left -= PIECE) yield left >= PIECE ? piece : piece.subarray(0, left);
  yield Buffer.from(body.tail);
}

/** How much of a body evidence keeps. */
const KEEP_BYTES = 8 * 1024;

function isPlainText(bytes: Buffer): boolean {
  const text = bytes.toString("utf8");
  return !text.includes("\u{fffd}") && !/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text);
}

/** What evidence keeps of bytes: the first 8 KiB, as text where that loses nothing. */
export function keepBytes(bytes: Buffer, totalBytes = bytes.length): KeptBody {
  let kept = bytes.subarray(0, KEEP_BYTES);
  // A cut in the middle of a UTF-8 sequence would make text look binary.
  if (kept.length < bytes.length)
    while (kept.length > 0 && ((kept.at(-1) ?? 0) & 0xc0) === 0x80) kept = kept.subarray(0, -1);
  if (kept.length < bytes.length && ((kept.at(-1) ?? 0) & 0xc0) === 0xc0) kept = kept.subarray(0, -1);
  const cut = kept.length < totalBytes;
  return isPlainText(kept)
    ? { kind: "text", text: kept.toString("utf8"), totalBytes, cut }
    : { kind: "base64", base64: kept.toString("base64"), totalBytes, cut };
}

/** Request bodies are kept whole up to 256 KiB: the curl script must send the same bytes. */
export function keepBody(body: Body): KeptBody {
  if (body.kind === "fill") {
    const { head, fillBytes, fillByte, tail } = body;
    return { kind: "fill", head, fillBytes, fillByte, tail, totalBytes: bodyLength(body) };
  }
  const totalBytes = body.bytes.length;
  const kept = body.bytes.subarray(0, 256 * 1024);
  const cut = kept.length < totalBytes;
  return isPlainText(kept)
    ? { kind: "text", text: kept.toString("utf8"), totalBytes, cut }
    : { kind: "base64", base64: kept.toString("base64"), totalBytes, cut };
}
