import { open, type FileHandle } from "node:fs/promises";
import { extname } from "node:path";
import { Readable } from "node:stream";
import { requireUser } from "@/lib/auth";
import { HttpError, route } from "@/lib/http";
import { ownedJob } from "@/lib/jobs";
import { MEDIA_TYPES, storedPath } from "@/lib/uploads";

export { OPTIONS } from "@/lib/http";
export const dynamic = "force-dynamic";

export const GET = route(async (request, { id }) => {
  const user = await requireUser(request);
  const job = ownedJob(user, id);
  if (job.file_path === null) throw new HttpError(404, "The job has no file");
  const headers = {
    "Content-Type": MEDIA_TYPES[extname(job.file_path)] ?? "application/octet-stream",
    "Content-Disposition": attachment(job.file_name ?? "download"),
    "Content-Length": String(job.file_size),
  };
  if (request.method === "HEAD") return new Response(null, { headers });
  const content = (await openStored(job.file_path)).createReadStream();
  return new Response(Readable.toWeb(content) as ReadableStream, { headers });
});

async function openStored(path: string): Promise<FileHandle> {
  try {
    return await open(storedPath(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new HttpError(404, "The file is gone");
    throw error;
  }
}

/** RFC 6266: a plain ASCII name for old clients, the exact one in filename*. */
function attachment(name: string): string {
  const exact = encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${name.replace(/[^\w. -]/g, "_")}"; filename*=UTF-8''${exact}`;
}
