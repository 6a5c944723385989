import type { Call } from "../source/call.ts";
import type { Binding } from "../source/expr.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";

/** Where a request carries who calls. */
const CREDENTIAL =
  /authorization|bearer|cookies?\b|x-api-key|api_?key|\b(req|request|ctx|c)\.session\b|\bsession(\[|\.get\()\s*["']/i;
/** A refresh token is exchanged for another; it opens no route. */
const EXCHANGED = /refresh/i;
/** How a function that is given the whole request, or nothing, gets at the credential. */
const READS = new RegExp(
  [
    String.raw`headers\.(authorization|cookie)\b|(\.(get|header)\(|\[)\s*["'\x60](authorization|cookie|x-api-key)`,
    String.raw`\{[^{}]*\bauthorization\b[^{}]*\}\s*=\s*[\w.]*headers`,
    String.raw`\b(req|request|ctx|c)\.cookies\b|\bcookies\(\)|getCookie\(|getIronSession`,
    // Read, not written by somebody who logs in.
    String.raw`\b(req|request)\.session(\.\w+)+(?![\w.])(?!\s*=[^=])`,
  ].join("|"),
  "i",
);
/** What tells a genuine credential from a made-up one. */
const VERIFIERS =
  /^(jose\.(jwtVerify|compactVerify|jwtDecrypt|jwt\.decode|jws\.verify)|jsonwebtoken\.verify|jwt\.(api_jwt\.)?decode|hono\/jwt\.verify|jwt-simple\.decode|firebase-admin\S*\.verifyIdToken|authlib\.\S*\.decode|itsdangerous\.\S*\.loads|crypto\.(timingSafeEqual|createHmac|createVerify|subtle\.verify)|hmac\.(compare_digest|new|digest)|secrets\.compare_digest)$/;
const REFUSAL = /\b40[13]\b|unauthori[sz]ed|forbidden|\bredirect\(/i;
const REFUSES_ITSELF =
  /\b(throw|raise)\b[^;\n]*(\b40[13]\b|unauth|forbidden|auth\w*(error|exception)|permission)|abort\(\s*40[13]/i;
const REQUEST = /^_?(req|request|c|ctx|context|event)(\.(req|request|headers|cookies|raw))?$/;
const PICKING =
  /^(get|header|cookies|headers|replace|slice|substring|split|r?partition|trim|l?strip|match|exec|test|search|group|startsWith|startswith|removeprefix|lower|toLowerCase|at|pop|String|str|len|RegExp)$/;
const DEPTH = 3;

/**
 * The calls in route handlers that check who calls. Such a call is given the caller's token, or the request that carries
 * it; the token is verified there, or the handler refuses by what comes back; and somebody is refused. What the called
 * function does tells it, not its name.
 */
export function checksInHandlers(project: Project, handlers: readonly Node[]): Call[] {
  return handlers.flatMap((handler) => callsIn(project, handler).filter((call) => isCheck(project, call, handler)));
}

function isCheck(project: Project, call: Call, handler: Node): boolean {
  const given = call.args.map(({ value }) => value);
  if (call.is(VERIFIERS)) return given.some((value) => carries(project, value));
  const { own } = call;
  if (!own || !project.language.functionKinds.includes(own.kind) || onlyPicks(project, own)) return false;
  const readsItself =
    isGivenRequest(given) &&
    reaches(project, own, (fn) => READS.test(fn.text) && !EXCHANGED.test(fn.field("name")?.text ?? ""));
  if (!readsItself && !given.some((value) => carries(project, value))) return false;
  if (isRefusedBy(call, handler)) return true;
  const verifies = (fn: Node) => callsIn(project, fn).some((inner) => inner.is(VERIFIERS));
  const lets = (fn: Node) => callsIn(project, fn).some((inner) => inner.is(VERIFIERS) && !isCaught(inner.node, fn));
  return reaches(project, own, verifies) && reaches(project, own, (fn) => REFUSES_ITSELF.test(fn.text) || lets(fn));
}

/** The whole request is handed over, or lies where everybody can reach it. */
function isGivenRequest(given: readonly Node[]): boolean {
  return given.length === 0 || given.some((value) => REQUEST.test(value.text));
}

/** A function that takes the token out of a header, and asks nobody about it. A session was asked for already. */
function onlyPicks(project: Project, fn: Node): boolean {
  if (/\.session\b|\bsession(\[|\.get\()/.test(fn.text)) return false;
  const asksTable = fn
    .all("subscript", "subscript_expression")
    .some((node) => (node.field("index") ?? node.field("subscript"))?.kind === "identifier");
  return (
    !asksTable &&
    callsIn(project, fn).every(
      (call) =>
        PICKING.test(call.method) && (call.method !== "get" || /head|cookie|req|ctx|\bc\b/i.test(call.callee.text)),
    )
  );
}

function callsIn(project: Project, node: Node): Call[] {
  return node.all(...project.language.callKinds).flatMap((one) => project.call(one) ?? []);
}

/** Whether an expression holds the caller's credential, followed through local names and the app's own functions. */
function carries(project: Project, node: Node, depth = 0): boolean {
  if (EXCHANGED.test(node.text)) return false;
  if (CREDENTIAL.test(node.text)) return true;
  if (depth >= DEPTH) return false;
  const readBy = callsIn(project, node).some(
    ({ own, args }) => own && isGivenRequest(args.map(({ value }) => value)) && READS.test(own.text),
  );
  if (readBy) return true;
  return node.all("identifier").some((name) => {
    const binding = name.file.lookup(name.text, name);
    if (binding?.kind === "parameter") return isHeader(project, binding);
    if (binding?.kind !== "value" || !binding.value || binding.value.holds(node)) return false;
    return carries(project, binding.value, depth + 1);
  });
}

/** FastAPI: a parameter that is a header or cookie, or what `fastapi.security` takes out of one. */
function isHeader(project: Project, { node, annotation, value }: Binding): boolean {
  const given = [node, annotation, value].flatMap((part) => (part ? callsIn(project, part) : []));
  return given.some(
    (call) =>
      call.is(/^fastapi\.(Header|Cookie)$/) ||
      (call.is(/^fastapi\.(Depends|Security)$/) && SCHEME.test(project.resolver.name(call.arg(0) ?? call.node) ?? "")),
  );
}

const SCHEME = /^fastapi\.security\.(?!OAuth2PasswordRequestForm)\w+\(\)$/;

/** Whether a function, or one of the app's that it calls, is as asked. */
function reaches(project: Project, fn: Node, asked: (fn: Node) => boolean, depth = 0): boolean {
  if (asked(fn)) return true;
  return (
    depth < DEPTH &&
    callsIn(project, fn).some(({ own }) => own !== undefined && own !== fn && reaches(project, own, asked, depth + 1))
  );
}

/** A failure to verify goes no further than this. */
function isCaught(call: Node, fn: Node): boolean {
  for (let at: Node | null = call; at && at !== fn; at = at.parent) {
    if (at.kind === "try_statement") return true;
    const chained = at.parent?.kind === "member_expression" ? at.parent.field("property")?.text : undefined;
    if (chained === "catch") return true;
  }
  return false;
}

/** The handler refuses by what the call gives: in a condition around it, or by the name that its result has. */
function isRefusedBy(call: Call, handler: Node): boolean {
  const names = new Set(resultNames(call.node, handler));
  return handler.all("if_statement").some((branch) => {
    const condition = branch.field("condition");
    if (!condition || !REFUSAL.test(branch.text)) return false;
    return condition.holds(call.node) || condition.all("identifier").some(({ text }) => names.has(text));
  });
}

/** The names that a call's result has in a function, also through further assignments: `id`, then `user` found by it. */
function resultNames(call: Node, within: Node): string[] {
  const names: string[] = [];
  for (const node of within.all("variable_declarator", "assignment", "assignment_expression", "named_expression")) {
    const target = node.field("name") ?? node.field("left");
    const value = node.field("value") ?? node.field("right");
    if (!target || !value) continue;
    const isResult = value.holds(call) || value.all("identifier").some(({ text }) => names.includes(text));
    if (isResult) names.push(...[target, ...target.all("identifier")].map(({ text }) => text));
  }
  return names;
}
