import type { Sighting } from "../rule.ts";
import type { Call } from "../source/call.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";
import { registration } from "./fastify.ts";

/** Calls that only an app with uploads makes. */
export const TYPESCRIPT_UPLOADS =
  /^(multer|busboy|@fastify\/busboy|formidable(\.\w+)?|koa-body(\.koaBody)?|@koa\/multer|@nestjs\/platform-express\.File\w*Interceptor|express-fileupload|connect-multiparty)$/;
const MULTER = /^(multer|@koa\/multer|@nestjs\/platform-express\.File\w*Interceptor)$/;
const BUSBOY = /^(busboy|@fastify\/busboy(\.\w+)?)$/;
const MULTIPART = /^@fastify\/multipart/;

/** NestJS: options that MulterModule gives to every interceptor. */
function moduleOption(project: Project, name: string): Node | undefined {
  const [module] = project.callsOf(/^@nestjs\/platform-express\.MulterModule\.register(Async)?$/);
  return module?.node
    .all("pair")
    .find((pair) => pair.field("key")?.text === name)
    ?.field("value");
}

function multerStreaming(project: Project, call: Call): Sighting {
  const shared = call.is(/^@nestjs/) ? moduleOption(project, "storage") : undefined;
  const storage = call.option("storage") ?? shared;
  const made = storage && project.call(project.resolver.source(storage));
  if (storage && made?.method === "memoryStorage") return { choice: "buffered", origin: "library", at: storage };
  if (storage && made?.method === "diskStorage") return { choice: "streamed", origin: "library", at: storage };
  if (storage) return { choice: "streamed", origin: "library", at: storage, confidence: "likely" };
  const dest = call.option("dest");
  return dest
    ? { choice: "streamed", origin: "library", at: dest }
    : { choice: "buffered", origin: "library", at: call.node };
}

/** Topic `upload-streaming`. */
export function typescriptStreaming(project: Project): Sighting[] {
  const out: Sighting[] = [];
  for (const call of project.calls) {
    if (call.is(MULTER)) out.push(multerStreaming(project, call));
    if (call.is(BUSBOY)) out.push({ choice: "streamed", origin: "library", at: call.node });
    if (
      call.is(/^(koa-body(\.koaBody)?|formidable(\.\w+)?|connect-multiparty)$/) &&
      (call.option("multipart") ?? !call.is(/^koa-body/))
    )
      out.push({ choice: "streamed", origin: "library", at: call.node });
    if (call.is(/^express-fileupload$/))
      out.push({
        choice: call.option("useTempFiles")?.text === "true" ? "streamed" : "buffered",
        origin: "library",
        at: call.node,
      });
    if (
      /^(formData|parseBody)$/.test(call.method) &&
      call.args.length <= 1 &&
      /req|request|\bc\b|ctx|event/.test(call.receiver?.text ?? "")
    )
      out.push({ choice: "buffered", origin: "framework", at: call.node });
    if (call.method === "toBuffer") out.push({ choice: "buffered", origin: "library", at: call.node });
    if (call.method === "saveRequestFiles") out.push({ choice: "streamed", origin: "library", at: call.node });
    if (/pipeline$/.test(call.name ?? "") && /\.file\b/.test(call.arg(0)?.text ?? ""))
      out.push({ choice: "streamed", origin: "runtime", at: call.node });
  }
  return out;
}

/** Limits that the multipart parser or a body limiter keeps. */
export function typescriptParserLimits(project: Project): Sighting[] {
  const out: Sighting[] = [];
  for (const call of project.calls) {
    const limit =
      call.is(MULTER) || call.is(BUSBOY) || call.is(/^express-fileupload$/)
        ? (call.option("limits.fileSize") ?? (call.is(/^@nestjs/) ? moduleOption(project, "fileSize") : undefined))
        : undefined;
    const formidable = call.is(/^(koa-body(\.koaBody)?|formidable(\.\w+)?)$/)
      ? (call.option("formidable.maxFileSize") ?? call.option("maxFileSize"))
      : undefined;
    const at = limit ?? formidable;
    if (at) out.push({ choice: "by the parser", origin: "library", at });
    if (call.is(/^hono\/body-limit\.bodyLimit$/))
      out.push({ choice: "by the parser", origin: "framework", at: call.option("maxSize") ?? call.node });
    if (call.is(/^@nestjs\/common\.MaxFileSizeValidator$/))
      out.push({ choice: "after reading", origin: "framework", at: call.node });
  }
  const fileSize = registration(project, MULTIPART)?.option("limits.fileSize");
  if (fileSize) out.push({ choice: "by the parser", origin: "library", at: fileSize });
  else {
    const truncated = project.all("member_expression").find((node) => /\.file\.truncated$/.test(node.text));
    if (truncated) out.push({ choice: "by the parser", origin: "library", at: truncated });
  }
  return out;
}
