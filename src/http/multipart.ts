import { randomBytes } from "node:crypto";
import type { Body } from "./body.ts";

export interface FilePart {
  field: string;
  /** Sent raw between quotes; the caller may smuggle what it likes (a quote must be escaped by the caller). */
  filename: string;
  contentType: string;
  content: string | Buffer | { head: string; fillBytes: number; fillByte: string; tail?: string };
}

/** A small file that goes before or behind the file of a form. */
export type FurtherFile = FilePart & { content: string };

/** A multipart/form-data body (RFC 7578) with a file, others before and behind it where given, and its Content-Type. */
export function multipart(
  file: FilePart,
  fields: Readonly<Record<string, string>> = {},
  further: { before?: readonly FurtherFile[]; behind?: readonly FurtherFile[] } = {},
): { body: Body; contentType: string } {
  const boundary = `----unprompted${randomBytes(8).toString("hex")}`;
  const texts = Object.entries(fields)
    .map(([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
    .join("");
  const headOf = ({ field, filename, contentType }: FilePart) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="${filename}"\r\nContent-Type: ${contentType}\r\n\r\n`;
  const whole = (part: FurtherFile) => `${headOf(part)}${part.content}\r\n`;
  const head = `${texts}${(further.before ?? []).map(whole).join("")}${headOf(file)}`;
  const tail = `\r\n${(further.behind ?? []).map(whole).join("")}--${boundary}--\r\n`;
  const contentType = `multipart/form-data; boundary=${boundary}`;
  const { content } = file;
  if (typeof content === "string" || Buffer.isBuffer(content)) {
    return {
      contentType,
      body: { kind: "bytes", bytes: Buffer.concat([Buffer.from(head), Buffer.from(content), Buffer.from(tail)]) },
    };
  }
  return {
    contentType,
    body: {
      kind: "fill",
      head: head + content.head,
      fillBytes: content.fillBytes,
      fillByte: content.fillByte,
      tail: (content.tail ?? "") + tail,
    },
  };
}
