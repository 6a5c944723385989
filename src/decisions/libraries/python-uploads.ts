import type { Sighting } from "../rule.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";

/** Calls that only an app with uploads makes. */
export const PYTHON_UPLOADS =
  /^(fastapi\.File|fastapi\.UploadFile|starlette\.requests\.Request\(\)\.form|fastapi\.Request\(\)\.form)$/;

const FILE_WORD = /UploadFile|request\.(files|FILES)|\.form\(|upload|\bfile\b/i;

function isUploaded(project: Project, node: Node): boolean {
  const name = project.resolver.name(node) ?? "";
  return (
    /UploadFile\(\)|request\.files/.test(name) ||
    FILE_WORD.test(node.text) ||
    FILE_WORD.test(project.resolver.source(node).text)
  );
}

function isOpened(project: Project, node: Node): boolean {
  return /\bopen\(|Path\(|os\.environ|BytesIO/.test(project.resolver.source(node).text);
}

/** Topic `upload-streaming`. */
export function pythonStreaming(project: Project): Sighting[] {
  const out: Sighting[] = [];
  for (const call of project.calls) {
    const { receiver, method } = call;
    if (call.is(/^(shutil|aioshutil)\.copyfileobj$/))
      out.push({ choice: "streamed", origin: "runtime", at: call.node });
    if (!receiver || !isUploaded(project, receiver) || isOpened(project, receiver)) continue;
    if (method === "chunks") out.push({ choice: "streamed", origin: "framework", at: call.node });
    if (
      method === "save" &&
      call.args.length > 0 &&
      /request\.files/.test(`${project.resolver.name(receiver)}${project.resolver.source(receiver).text}`)
    )
      out.push({ choice: "streamed", origin: "framework", at: call.node });
    if (method === "read" && call.args.length === 0)
      out.push({ choice: "buffered", origin: "framework", at: call.node });
    if (method === "read" && call.args.length > 0 && call.node.within("while_statement", "for_statement"))
      out.push({ choice: "streamed", origin: "framework", at: call.node });
  }
  return out;
}

/** Settings and options that have the framework limit a body. */
export function pythonParserLimits(project: Project): Sighting[] {
  const out: Sighting[] = [];
  for (const name of ["MAX_CONTENT_LENGTH", "DATA_UPLOAD_MAX_MEMORY_SIZE", "MAX_FORM_MEMORY_SIZE"]) {
    for (const value of project.fields(name)) out.push({ choice: "by the parser", origin: "framework", at: value });
  }
  for (const call of project.calls) {
    const limit = call.method === "form" ? call.option("max_part_size") : undefined;
    if (limit) out.push({ choice: "by the parser", origin: "framework", at: limit });
  }
  return out;
}
