import type { Decision } from "../../model/decision.ts";
import { earlier, type Sighting } from "../rule.ts";
import type { Call } from "../source/call.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";

/** The names that a language's runtime has for making and comparing message authentication codes. */
export interface SignatureWords {
  /** Calls that make a code. */
  make: RegExp;
  /** Comparisons in constant time. */
  constantTime: RegExp;
  /** The expression that is signed. */
  message(call: Call): Node | undefined;
  /** Kinds of nodes that compare, and their two sides when they test for equality. */
  comparisonKinds: readonly string[];
  sides(node: Node): [Node, Node] | undefined;
}

/** How a signature is checked: the function that does it, and the comparison. */
export interface SignatureCheck {
  /** The call that makes the expected code, or that of the helper which does. */
  made: Node;
  fn: Node;
  comparison: Node;
  constantTime: boolean;
  /** Who provides the comparison. */
  origin: Decision["origin"];
}

const SIGNATURE_WORD = /sig(nature)?|\bmac\b|digest|hmac|expected|computed|calculated/i;
const WEBHOOK_WORD = /webhook|x-hub|x-signature|x_signature|signature/i;

/** Calls that make the signature of a token: over two parts with a dot between. */
export function tokenSignatures(project: Project, words: SignatureWords): Call[] {
  return project.callsOf(words.make).filter((call) => isToken(project, words, call));
}

/** Calls that make the signature of a webhook: any other code in a function or file about signatures. */
export function webhookSignatures(project: Project, words: SignatureWords): Call[] {
  return project.callsOf(words.make).filter((call) => !isToken(project, words, call) && isAboutWebhooks(project, call));
}

function isAboutWebhooks(project: Project, call: Call): boolean {
  if (/webhook/i.test(call.node.file.path)) return true;
  return zone(project, call.node).some(({ fn }) => WEBHOOK_WORD.test(fn.text));
}

function isToken(project: Project, words: SignatureWords, call: Call): boolean {
  const message = words.message(call);
  return message !== undefined && isDotted(project, message, 0);
}

/** `f"{header}.{payload}"` in any of its spellings; a time and a body are a webhook's. */
function isDotted(project: Project, node: Node, depth: number): boolean {
  if (depth > 6) return false;
  const expr = project.language.expr(node);
  switch (expr.type) {
    case "inner":
      return isDotted(project, expr.node, depth + 1);
    case "template":
      return expr.parts.includes(".") && !/time|\bts\b/i.test(node.text);
    case "binary": {
      return expr.operator === "+" && /["'`]\.["'`]/.test(node.text) && !/time|\bts\b/i.test(node.text);
    }
    case "call": {
      const call = project.call(node);
      if (call?.method === "join" && /["'`]\.["'`]/.test(node.text)) return true;
      const inside =
        call?.receiver && /^(encode|toString)$/.test(call.method)
          ? call.receiver
          : call?.is(/^(Buffer\.from|TextEncoder\(\)\.encode|bytes)$/)
            ? call.arg(0)
            : undefined;
      return inside !== undefined && isDotted(project, inside, depth + 1);
    }
    case "name": {
      if (/signing_?input/i.test(expr.name)) return true;
      const binding = project.resolver.binding(node);
      if (binding?.kind === "parameter")
        return project.resolver.passed(binding).some((passed) => isDotted(project, passed, depth + 1));
      return binding?.kind === "value" && binding.value !== undefined && isDotted(project, binding.value, depth + 1);
    }
    default:
      return false;
  }
}

/** The functions around a node and those that call them, nearest first, each with what leads there. */
function zone(project: Project, node: Node): { fn: Node; via: Node }[] {
  const out: { fn: Node; via: Node }[] = [];
  const seen = new Set<Node>();
  let edge: Node[] = [node];
  for (let depth = 0; depth < 4; depth++) {
    const next: Node[] = [];
    for (const via of edge) {
      for (
        let fn = via.within(...project.language.functionKinds);
        fn;
        fn = fn.within(...project.language.functionKinds)
      ) {
        if (seen.has(fn)) continue;
        seen.add(fn);
        out.push({ fn, via });
        next.push(...project.callSites(fn));
      }
    }
    edge = next;
  }
  return out;
}

/** The first check of any of the signatures, by file and line. */
export function signatureCheck(
  project: Project,
  words: SignatureWords,
  signatures: readonly Call[],
): SignatureCheck | undefined {
  const checks = signatures.flatMap((call) => checkOf(project, words, call.node) ?? []);
  return checks.sort((a, b) => earlier(a.comparison, b.comparison))[0];
}

function checkOf(project: Project, words: SignatureWords, made: Node): SignatureCheck | undefined {
  for (const { fn, via } of zone(project, made)) {
    for (const node of fn.walk()) {
      const call = project.language.callKinds.includes(node.kind) ? project.call(node) : undefined;
      if (call?.is(words.constantTime)) {
        const origin = /^django/.test(call.name ?? "")
          ? "framework"
          : /^(werkzeug|safe-compare|tsscmp)/.test(call.name ?? "")
            ? "library"
            : "runtime";
        return { made: via, fn, comparison: node, constantTime: true, origin };
      }
      const sides = call ? plainCall(call) : words.comparisonKinds.includes(node.kind) ? words.sides(node) : undefined;
      if (sides && isSignatureComparison(project, sides, via))
        return { made: via, fn, comparison: node, constantTime: false, origin: "hand-written" };
    }
  }
  return undefined;
}

/** `a.startsWith(b)` and `a.equals(b)` stop at the first difference, too. */
function plainCall(call: Call): [Node, Node] | undefined {
  const first = call.arg(0);
  const { receiver, method } = call;
  return receiver && first && /^(startsWith|startswith|equals|localeCompare)$/.test(method)
    ? [receiver, first]
    : undefined;
}

function isSignatureComparison(project: Project, sides: [Node, Node], made: Node): boolean {
  const plain = sides.every(
    (side) =>
      !["string", "number", "null", "boolean"].includes(project.language.expr(side).type) &&
      !/length|len\(|alg\b|typ\b/.test(side.text),
  );
  if (!plain) return false;
  return sides.some(
    (side) => side.holds(made) || project.resolver.source(side).holds(made) || SIGNATURE_WORD.test(side.text),
  );
}

/** What a check comes to in the ledger. */
export function checkFinding({ constantTime, origin, comparison }: SignatureCheck): Sighting {
  return { choice: constantTime ? "constant-time" : "not constant-time", origin, at: comparison };
}
