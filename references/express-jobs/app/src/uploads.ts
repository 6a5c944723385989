import { randomUUID } from "node:crypto";
import { createWriteStream, mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { Transform, type Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import busboy from "busboy";
import type { Request, Response } from "express";
import { config } from "./config.ts";
import type { Job } from "./database.ts";
import { HttpError } from "./errors.ts";

const extensions = [".csv", ".json"];
const root = resolve(config.UPLOAD_DIR);
mkdirSync(root, { recursive: true });

type StoredFile = { path: string; name: string; size: number };

const tooLarge = () => new HttpError(413, `The file is larger than ${config.MAX_UPLOAD_BYTES} bytes`);

/** Lets text through: no NUL anywhere, and a .json file begins like an object or an array. */
function checkContent(extension: string): Transform {
  let atStart = extension === ".json";
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const start = atStart ? chunk.toString("latin1").replace(/^\xef\xbb\xbf/, "").trimStart() : "";
      if (chunk.includes(0) || (start && !/^[[{]/.test(start))) {
        return done(new HttpError(400, `The content is not that of a ${extension} file`));
      }
      if (start) atStart = false;
      done(null, chunk);
    },
    flush: (done) => done(atStart ? new HttpError(400, "The file is empty") : null),
  });
}

async function save(file: Readable & { truncated?: boolean }, givenName: string, jobId: number): Promise<StoredFile> {
  const extension = extname(givenName).toLowerCase();
  if (!extensions.includes(extension)) {
    file.resume();
    throw new HttpError(400, "Only .csv and .json files are accepted");
  }
  // The name on disk takes nothing from the client but the checked extension.
  const path = join(config.UPLOAD_DIR, `job-${jobId}-${randomUUID()}${extension}`);
  const target = createWriteStream(path, { flags: "wx", mode: 0o600 });
  try {
    await pipeline(file, checkContent(extension), target);
    if (file.truncated) throw tooLarge();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  const name = basename(givenName.replaceAll("\\", "/")).replace(/[^\p{L}\p{N} ._-]/gu, "_").slice(-100);
  return { path, name, size: target.bytesWritten };
}

/** Streams the multipart field `file` to disk; nothing is left there unless the whole file was acceptable. */
export async function storeUpload(req: Request<{ id: string }>, jobId: number): Promise<StoredFile> {
  try {
    return await receive(req, jobId);
  } catch (error) {
    // Most clients look at the answer only after sending everything, so read on for a while.
    req.resume();
    await finished(req, { writable: false, signal: AbortSignal.timeout(10_000) }).catch(() => {});
    throw error;
  }
}

async function receive(req: Request<{ id: string }>, jobId: number): Promise<StoredFile> {
  const roomForHeaders = 16 * 1024;
  if (Number(req.headers["content-length"] ?? 0) > config.MAX_UPLOAD_BYTES + roomForHeaders) throw tooLarge();
  if (!req.is("multipart/form-data")) throw new HttpError(415, "Send the file as multipart/form-data");

  let saving: Promise<StoredFile> | undefined;
  let refusal: unknown;
  try {
    const parser = busboy({
      headers: req.headers,
      // busboy calls a file that just reaches the limit truncated, hence the extra byte.
      limits: { files: 1, fields: 10, parts: 11, fieldSize: 1024, fileSize: config.MAX_UPLOAD_BYTES + 1 },
    });
    parser.on("file", (field, file, { filename }) => {
      if (field !== "file") return void file.resume();
      saving = save(file, filename ?? "", jobId);
      saving.catch((error: Error) => {
        if (parser.destroyed) return;
        refusal = error;
        parser.destroy(error);
      });
    });
    // The iterator leaves the request open when parsing stops early; otherwise the answer could not be sent.
    await pipeline(req.iterator({ destroyOnReturn: false }), parser);
  } catch (error) {
    await saving?.catch(() => {});
    throw refusal ?? new HttpError(400, "The multipart body is malformed");
  }
  if (!saving) throw new HttpError(400, 'Send the file in the multipart field "file"');
  return await saving;
}

export async function removeUpload(path: string | null): Promise<void> {
  if (path) await rm(join(root, basename(path)), { force: true });
}

export function sendUpload(res: Response, job: Job): void {
  if (!job.file_path || !job.file_name) throw new HttpError(404, "This job has no file");
  res.download(basename(job.file_path), job.file_name, { root });
}
