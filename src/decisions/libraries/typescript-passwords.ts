import type { Call } from "../source/call.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";
import { digestName, type HashingWay, mentionsPassword } from "../topics/passwords.ts";

function optionText(call: Call, name: string): string {
  return call.option(name)?.text ?? "";
}

/** The rounds of a bcrypt call: a number, or the genSalt that made the salt. */
function bcryptRounds(call: Call, project: Project): { at: Node; given: { rounds: Node | undefined } } {
  const salt = call.arg(1);
  const made = salt && project.call(unwrapped(project.resolver.source(salt)));
  if (made?.is(/\.genSalt(Sync)?$/)) return { at: made.node, given: { rounds: made.arg(0) } };
  const isCallback = salt && project.language.functionKinds.includes(salt.kind);
  return { at: call.node, given: { rounds: isCallback ? undefined : salt } };
}

function unwrapped(node: Node): Node {
  const expr = node.file.language.expr(node);
  return expr.type === "inner" ? unwrapped(expr.node) : node;
}

/** The `createHash("sha256")` under a chain of `.update()`. */
function hashUnder(call: Call, project: Project): Call | undefined {
  for (let at = call.receiver; at; ) {
    const inner = project.call(at);
    if (!inner) return undefined;
    if (inner.is(/^crypto\.createHash$/)) return inner;
    at = inner.receiver;
  }
  return undefined;
}

export const TYPESCRIPT_HASHING: readonly HashingWay[] = [
  {
    names: /^(bcrypt|bcryptjs|bcrypt-ts|@node-rs\/bcrypt)\.(hash|hashSync)$/,
    origin: "library",
    algorithm: () => "bcrypt",
    cost: bcryptRounds,
  },
  {
    names: /^(argon2|@node-rs\/argon2|argon2-browser|@phc\/argon2)\.(hash|hashSync|hashRaw)$/,
    origin: "library",
    algorithm(call) {
      const type = optionText(call, "type") || optionText(call, "algorithm");
      if (/argon2i$/i.test(type)) return "argon2i";
      return /argon2d$/i.test(type) ? "argon2d" : "argon2id";
    },
    cost: (call) => ({
      at: call.node,
      given: { m: call.option("memoryCost"), t: call.option("timeCost"), p: call.option("parallelism") },
    }),
  },
  {
    names: /^hash-wasm\.(argon2id|argon2i|argon2d|bcrypt|scrypt|pbkdf2)$/,
    origin: "library",
    algorithm: (call) => (call.name ?? "").replace(/^.*\./, ""),
    cost: (call) => ({
      at: call.node,
      given: {
        rounds: call.option("costFactor"),
        m: call.option("memorySize"),
        t: call.option("iterations"),
        p: call.option("parallelism"),
      },
    }),
  },
  {
    names: /^crypto\.scrypt(Sync)?$/,
    origin: "runtime",
    algorithm: () => "scrypt",
    cost: (call) => ({
      at: call.node,
      given: {
        N: call.option("N") ?? call.option("cost"),
        r: call.option("r") ?? call.option("blockSize"),
        p: call.option("p") ?? call.option("parallelization"),
      },
    }),
  },
  {
    names: /^crypto\.pbkdf2(Sync)?$/,
    origin: "runtime",
    algorithm: (call, project) => `pbkdf2-${digestName(call.arg(4) && project.values.text(call.arg(4) as Node))}`,
    cost: (call) => ({ at: call.node, given: { iterations: call.arg(2) } }),
  },
  {
    names: /(^|\.)subtle\.derive(Bits|Key)$/,
    origin: "runtime",
    algorithm: (call, project) =>
      /PBKDF2/i.test(call.arg(0)?.text ?? "")
        ? `pbkdf2-${digestName(project.values.text(call.option("hash") ?? call.node))}`
        : undefined,
    cost: (call) => ({ at: call.node, given: { iterations: call.option("iterations") } }),
  },
  {
    names: /^(Bun|bun)\.password\.hash(Sync)?$/,
    origin: "runtime",
    algorithm: (call, project) =>
      project.values.text(call.option("algorithm") ?? call.arg(1) ?? call.node) ?? "argon2id",
    cost: (call) => ({
      at: call.node,
      given: { rounds: call.option("cost"), m: call.option("memoryCost"), t: call.option("timeCost") },
    }),
  },
  {
    names: /^crypto\.createHash\(\)(\.update\(\))*\.update$/,
    origin: "hand-written",
    algorithm(call, project) {
      const made = hashUnder(call, project);
      if (!made || !call.args.some((arg) => mentionsPassword(arg.value))) return undefined;
      return digestName(made.arg(0) && project.values.text(made.arg(0) as Node));
    },
  },
];

/** A stored password compared with the given one as it is. */
export function typescriptPlainComparison(project: Project): Node | undefined {
  return project.all("binary_expression").find((node) => {
    const operator = node.field("operator")?.text ?? "";
    const left = node.field("left")?.text ?? "";
    const right = node.field("right")?.text ?? "";
    return (
      /^[!=]==?$/.test(operator) &&
      /password$/i.test(left) &&
      /password$/i.test(right) &&
      !/confirm|repeat|again/i.test(node.text)
    );
  });
}
