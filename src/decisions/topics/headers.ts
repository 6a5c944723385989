import { absent, earlier, type Sighting } from "../rule.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";

/** A response header that the app sets itself. */
export interface HeaderSet {
  /** In small letters. */
  name: string;
  at: Node;
  value: Node | undefined;
}

const SECURITY =
  /^(x-content-type-options|x-frame-options|strict-transport-security|content-security-policy|referrer-policy|permissions-policy|x-xss-protection|cross-origin-\w+-policy)$/;
const SETTERS = /^(set|setHeader|header|append|add|setdefault|writeHead|headers|__setitem__)$/;

/** Headers set by subscript, by a setter or in an object of headers. */
export function headersSet(project: Project): HeaderSet[] {
  const out: HeaderSet[] = [];
  const add = (name: string | undefined, at: Node, value: Node | undefined) => {
    if (name && /^[A-Za-z][\w-]*-[\w-]+$/.test(name)) out.push({ name: name.toLowerCase(), at, value });
  };
  for (const node of project.all("assignment", "assignment_expression", "pair", ...project.language.callKinds)) {
    if (node.kind === "pair") addPair(project, node, add);
    else if (node.kind.startsWith("assignment")) {
      const left = node.field("left");
      const target = left && project.language.expr(left);
      if (target?.type === "index" && !/request|req\./.test(target.object.text))
        add(project.values.text(target.index), node, node.field("right"));
    } else {
      const call = project.call(node);
      const first = call?.arg(0);
      if (call && first && SETTERS.test(call.method) && call.arg(1)) add(project.values.text(first), node, call.arg(1));
    }
  }
  return out.sort((a, b) => earlier(a.at, b.at));
}

/** `"X-Frame-Options": "DENY"`, or Next's `{ key: "X-Frame-Options", value: "DENY" }`. */
function addPair(
  project: Project,
  node: Node,
  add: (name: string | undefined, at: Node, value: Node | undefined) => void,
): void {
  const key = node.field("key");
  const value = node.field("value");
  if (!key || !value) return;
  const named = key.text === "key" ? project.values.text(value) : key.text.replace(/^["'`]|["'`]$/g, "");
  const object = node.parent;
  add(named, node, key.text === "key" && object ? project.resolver.property(object, "value") : value);
}

/** Topic `security-headers`. `built` are libraries and framework settings; `isForAll` tells a place that sees every answer. */
export function securityHeaders(project: Project, built: Sighting[], isForAll: (node: Node) => boolean): Sighting[] {
  const [first] = built;
  if (first) return [first];
  const set = headersSet(project).filter(({ name }) => SECURITY.test(name));
  const names = (list: HeaderSet[]) => [...new Set(list.map(({ name }) => name))].sort().join(" ");
  const everywhere = set.filter(({ at }) => isForAll(at));
  if (everywhere[0])
    return [{ choice: "hand-written", origin: "hand-written", at: everywhere[0].at, detail: names(everywhere) }];
  if (set[0])
    return [{ choice: "hand-written, some answers", origin: "hand-written", at: set[0].at, detail: names(set) }];
  return [absent()];
}
