import type { Decision } from "../../model/decision.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";

const AUTH_NAME =
  /auth|current_?user|logged_?in|login|require|protect|guard|jwt|verify|permission|principal|admin|is_?user|bearer|demand|ensure_|owner|only$/i;
const NOT_AUTH =
  /rout|limit|log(ger|s|ging|requests?)?$|controller|not_?found|cors|error|json|parser|optional|helmet|upload|config|form|store|secret|env|pipe|interceptor|csrf|xsrf|strategy/i;

/** Whether an expression names something that lets only some callers through. */
export function isAuthName(node: Node): boolean {
  const expr = node.file.language.expr(node);
  if (expr.type === "inner") return isAuthName(expr.node);
  if (expr.type === "call") return isAuthName(expr.callee);
  const word = expr.type === "member" ? expr.property : expr.type === "name" ? expr.name : "";
  return AUTH_NAME.test(word) && !NOT_AUTH.test(word);
}

/** Who provides the check that an expression names. */
export function authOrigin(project: Project, node: Node, frameworks: RegExp): Decision["origin"] {
  const name = project.resolver.name(node) ?? "";
  if (/createMiddleware/.test(name)) return "hand-written";
  if (frameworks.test(name)) return "framework";
  return /[./]|^(koa-jwt|express-jwt|passport)/.test(name) ? "library" : "hand-written";
}
