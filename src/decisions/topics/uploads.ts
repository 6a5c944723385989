import { absent, firstOfEach, type Sighting } from "../rule.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";
import { type Condition, conditionsOf, outermost, wordsOf } from "./conditions.ts";

const UPLOAD_WORD =
  /upload|multipart|multer|busboy|formdata|form_data|filename|originalname|request\.files|parseBody|formidable|koaBody/i;
const NAME_WORD =
  /file_?name|originalname|\bfile\.name\b|upload\.name\b|extname|splitext|\bext\b|extension|suffix|rsplit|endsWith|endswith/i;
const EXTENSION_LIST = /\.?\b(csv|json|png|jpe?g|gif|pdf|txt|xlsx?|xml|zip|parquet|docx?|webp)\b|ext/i;
const MEDIA_WORD = /(content_?type|mime_?type|mimetype)\b|\b(file|upload|part|blob|f)!?\??\.type\b/i;
const MEDIA_LIST = /["'`](text|application|image|audio|video)\/|mime|content_?type|media_?type/i;
const CONTENT_LIBRARY =
  /^(magic\.(from_buffer|from_file|from_descriptor|Magic\(\)\.from_\w+)|filetype\.\w+|puremagic\.\w+|imghdr\.what|PIL\.Image\.open|file-type\.\w+|magic-bytes\.js\.\w+|mmmagic\..*|image-type.*|is-binary-file\.\w+|isbinaryfile\.\w+)$/;
const PARSED =
  /^(json\.loads?|JSON\.parse|csv\.(reader|DictReader|Sniffer\(\)\.sniff)|csv-parse.*|papaparse\.parse|pandas\.read_(csv|json))$/;
const STORED_WORD = /contents?\b|chunk|buffer|\bfile|target|bytes|upload|dest|read_text|\btext\b/i;

/** Whether the app takes files at all. */
export function takesUploads(project: Project, calls: RegExp): boolean {
  if (
    project.calls.some((call) => call.is(calls) || /^(parseBody|formData|getFiles|saveRequestFiles)$/.test(call.method))
  )
    return true;
  return project
    .all("identifier", "attribute", "member_expression")
    .some((node) => /^UploadFile$|\brequest\.(files|FILES)\b|\breq(uest)?\.files?\b/.test(node.text));
}

function isAboutUploads(project: Project, node: Node): boolean {
  const fn = outermost(node);
  if (fn === node.file.root) return UPLOAD_WORD.test(node.file.text);
  if (UPLOAD_WORD.test(fn.text)) return true;
  const statement = topStatement(fn);
  if (statement && !/function|class/.test(statement.kind) && UPLOAD_WORD.test(statement.text)) return true;
  return project
    .callSites(fn)
    .some((site) =>
      UPLOAD_WORD.test(outermost(site) === site.file.root ? (site.parent?.text ?? "") : outermost(site).text),
    );
}

function topStatement(node: Node): Node | undefined {
  for (let at: Node | null = node; at; at = at.parent) if (at.parent === node.file.root) return at;
  return undefined;
}

function byName(project: Project, condition: Condition): boolean {
  const { tested, against, how } = condition;
  if (how === "order" || /["'`](text|application|image)\//.test(against.text) || /content-type/i.test(tested.text))
    return false;
  if (!NAME_WORD.test(wordsOf(project, tested)) && condition.operator.toLowerCase() !== "endswith") return false;
  if (how === "equal" && !/["'`]\.?\w{2,5}["'`]/.test(against.text)) return false;
  return EXTENSION_LIST.test(wordsOf(project, against)) && !/["'`]\/|https?:/.test(against.text);
}

function byMediaType(project: Project, condition: Condition): boolean {
  const { tested, against, how } = condition;
  const about = `${tested.text} ${wordsOf(project, tested)}`;
  if (how === "order" || /headers?\b|getHeader|header\(/i.test(about) || /multipart/.test(against.text)) return false;
  return MEDIA_WORD.test(about) && MEDIA_LIST.test(wordsOf(project, against));
}

/** Topic `upload-type-check`: one decision per kind of check. `libraryChecks` are validators that need no condition. */
export function uploadTypeCheck(
  project: Project,
  calls: RegExp,
  libraryChecks: { names: RegExp; choice: string }[],
): Sighting[] {
  if (!takesUploads(project, calls)) return [];
  const out: Sighting[] = [];
  for (const condition of conditionsOf(project)) {
    if (!isAboutUploads(project, condition.node)) continue;
    if (byMediaType(project, condition))
      out.push({ choice: "by media type", origin: "hand-written", at: condition.node });
    else if (byName(project, condition)) out.push({ choice: "by name", origin: "hand-written", at: condition.node });
    else if (isBinaryTest(condition)) out.push({ choice: "by content", origin: "hand-written", at: condition.node });
  }
  for (const call of project.calls) {
    const library = libraryChecks.find(({ names }) => call.is(names));
    if (library) out.push({ choice: library.choice, origin: "framework", at: call.node });
    if (call.is(CONTENT_LIBRARY)) out.push({ choice: "by content", origin: "library", at: call.node });
    if (call.is(PARSED) && isStored(project, call.arg(0)) && isAboutUploads(project, call.node))
      out.push({ choice: "by content", origin: "hand-written", at: call.node });
  }
  return out.length > 0 ? firstOfEach(out) : [absent()];
}

/** A NUL byte tells binary from text. */
function isBinaryTest({ tested, against, how }: Condition): boolean {
  if (how !== "member") return false;
  return /^0$|\\0|\\x00/.test(tested.text) && /chunk|buffer|content|data|head/i.test(against.text);
}

function isStored(project: Project, node: Node | undefined): boolean {
  if (!node || /signature|webhook|body|payload|row|shared|raw\b/i.test(node.text)) return false;
  return STORED_WORD.test(wordsOf(project, node)) && UPLOAD_WORD.test(outermost(node).text);
}

/** Comparisons that limit how much an upload may hold. */
export function sizeComparisons(project: Project): Sighting[] {
  const out: Sighting[] = [];
  for (const condition of conditionsOf(project)) {
    if (condition.how !== "order" || !isAboutUploads(project, condition.node)) continue;
    const choice = sizeChoice(project, condition);
    if (choice) out.push({ choice, origin: "hand-written", at: condition.node });
  }
  return out;
}

function sizeChoice(project: Project, { tested, against, operator }: Condition): string | undefined {
  const [big, limit] = operator.startsWith(">") ? [tested, against] : [against, tested];
  const value = project.values.number(limit);
  const isLimit = /max|limit|size|bytes|cap\b/i.test(limit.text) || (value ?? 0) >= 1024;
  if (!isLimit || /name|password|email|page|title|description/i.test(big.text)) return undefined;
  if (/content.?length/i.test(wordsOf(project, big))) return "by content-length";
  const expr = project.language.expr(big);
  if (expr.type === "name" && isAccumulated(big, expr.name)) return "while reading";
  if (/^len\(|\.size\b|\.length\b|byteLength|tell\(\)|st_size|getsize/.test(wordsOf(project, big)))
    return "after reading";
  return undefined;
}

function isAccumulated(node: Node, name: string): boolean {
  return outermost(node)
    .all("augmented_assignment", "augmented_assignment_expression")
    .some((assignment) => assignment.field("left")?.text === name && /\+=/.test(assignment.text));
}
