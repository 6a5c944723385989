import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rm, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import busboy from "busboy";
import { config } from "./config";
import { HttpError } from "./http";

export const MEDIA_TYPES: Record<string, string> = { ".csv": "text/csv; charset=utf-8", ".json": "application/json" };
const MULTIPART_OVERHEAD = 64 * 1024;

export type StoredFile = { path: string; name: string; size: number };

/** Streams the form's one file to disk. Whatever is refused is read to its end and dropped, so that the client sees why. */
export async function receiveUpload(request: Request, jobId: number): Promise<StoredFile> {
  if (Number(request.headers.get("content-length")) > config().MAX_UPLOAD_BYTES + MULTIPART_OVERHEAD) throw tooLarge();
  const form = multipartParser(request);
  let stored: Promise<StoredFile> | undefined;
  let extraParts = false;
  form.on("file", (_field, content, { filename }) => {
    stored = store(content, filename, jobId);
    stored.catch((error) => !(error instanceof HttpError) && form.destroy(error));
  });
  form.on("filesLimit", () => (extraParts = true));
  try {
    await pipeline(Readable.fromWeb(request.body as ReadableStream), form);
    if (!stored) throw new HttpError(400, "The form needs a file in the field 'file'");
    if (extraParts) throw new HttpError(400, "Only one file may be uploaded");
    return await stored;
  } catch (error) {
    await stored?.then(discard, () => undefined);
    if (error instanceof HttpError || (error as NodeJS.ErrnoException).syscall) throw error;
    throw new HttpError(400, "Malformed multipart body");
  }
}

export async function discard(file: Pick<StoredFile, "path">): Promise<void> {
  await rm(storedPath(file.path), { force: true });
}

/** Only the name is taken from the database: a changed upload folder still works, and nothing outside it is ever reached. */
export function storedPath(path: string): string {
  return join(config().UPLOAD_DIR, basename(path));
}

function multipartParser(request: Request): busboy.Busboy {
  if (!request.body) throw new HttpError(400, "Body must be multipart/form-data");
  try {
    return busboy({
      headers: { "content-type": request.headers.get("content-type") ?? "" },
      defParamCharset: "utf8",
      // busboy marks a file that just reaches its limit as truncated, hence one byte more.
      limits: { files: 1, fields: 10, fieldSize: 1_000, fileSize: config().MAX_UPLOAD_BYTES + 1 },
    });
  } catch {
    throw new HttpError(415, "Body must be multipart/form-data");
  }
}

async function store(content: Readable & { truncated?: boolean }, filename: string | undefined, jobId: number): Promise<StoredFile> {
  const name = filename ?? "";
  const extension = extname(name).toLowerCase();
  const refused = refusal(name, extension);
  if (refused) {
    content.resume();
    throw refused;
  }
  const path = join(config().UPLOAD_DIR, `job-${jobId}-${randomUUID()}${extension}`);
  await mkdir(config().UPLOAD_DIR, { recursive: true });
  try {
    const check = new ContentCheck(extension);
    await pipeline(content, check, createWriteStream(path, { flags: "wx", mode: 0o600 }));
    if (content.truncated) throw tooLarge();
    if (check.failed) throw new HttpError(400, `The content is not ${extension.slice(1).toUpperCase()}`);
    return { path, name, size: (await stat(path)).size };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

function refusal(name: string, extension: string): HttpError | undefined {
  if (!(extension in MEDIA_TYPES)) return new HttpError(400, "Only .csv and .json files are accepted");
  if (name.length > 200 || /[\p{Cc}/\\]/u.test(name)) return new HttpError(400, "The file name is not acceptable");
  return undefined;
}

const tooLarge = () => new HttpError(413, `A file may have at most ${config().MAX_UPLOAD_BYTES} bytes`);

/** A cheap look at content that claims to be text: no NUL bytes, and JSON begins with an object or an array. */
class ContentCheck extends Transform {
  failed = false;
  private started: boolean;

  constructor(extension: string) {
    super();
    this.started = extension !== ".json";
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error?: null, data?: Buffer) => void): void {
    const start = this.started ? "" : chunk.toString("latin1").trimStart();
    if (chunk.includes(0) || (start && !/^(\u00ef\u00bb\u00bf)?\s*[[{]/.test(start))) this.failed = true;
    if (start) this.started = true;
    if (this.failed) done();
    else done(null, chunk);
  }
}
