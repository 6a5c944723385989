import type { Call } from "../source/call.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";
import { digestName, type HashingWay, mentionsPassword } from "../topics/passwords.ts";

const PASSLIB: Record<string, string> = {
  argon2: "argon2id",
  django_argon2: "argon2id",
  bcrypt_sha256: "bcrypt",
  sha256_crypt: "sha256-crypt",
  sha512_crypt: "sha512-crypt",
};
const scheme = (name: string) => PASSLIB[name] ?? name.replaceAll("_", "-");

/** The call that made what a method is called on. */
function maker(call: Call, project: Project): Call | undefined {
  const source = call.receiver && project.resolver.source(call.receiver);
  return source && project.call(source);
}

function djangoHashers(project: Project): { algorithm: string; at: Node } | undefined {
  const list = project.fields("PASSWORD_HASHERS")[0];
  const expr = list?.file.language.expr(list);
  const first = expr?.type === "list" ? expr.items[0] : undefined;
  const name = first && project.values.text(first);
  if (!first || !name) return undefined;
  const known: [RegExp, string][] = [
    [/Argon2/, "argon2id"],
    [/BCrypt/, "bcrypt"],
    [/Scrypt/, "scrypt"],
    [/PBKDF2SHA1/, "pbkdf2-sha1"],
    [/PBKDF2/, "pbkdf2-sha256"],
    [/MD5/, "md5"],
  ];
  return { algorithm: known.find(([pattern]) => pattern.test(name))?.[1] ?? "unknown", at: first };
}

function workFactor(method: string | undefined): string | undefined {
  return method === undefined ? undefined : method.split(":")[0];
}

export const PYTHON_HASHING: readonly HashingWay[] = [
  {
    names: /^bcrypt\.(hashpw|kdf)$/,
    origin: "library",
    algorithm: () => "bcrypt",
    cost(call, project) {
      const salt = call.arg(1) ?? call.option("salt");
      const made = salt && project.call(project.resolver.source(salt));
      if (!made?.is(/^bcrypt\.gensalt$/)) return { at: call.node, given: {} };
      return { at: made.node, given: { rounds: made.option("rounds") ?? made.arg(0) } };
    },
  },
  {
    names: /^passlib\.context\.CryptContext$/,
    origin: "library",
    setUp: true,
    algorithm(call, project) {
      const schemes = call.option("schemes") ?? call.arg(0);
      const first = schemes && project.values.texts(schemes)?.[0];
      return first ? scheme(first) : "unknown";
    },
    cost(call, project) {
      const schemes = call.option("schemes") ?? call.arg(0);
      const first = (schemes && project.values.texts(schemes)?.[0]) ?? "";
      const option = (name: string) => call.option(`${first}__${name}`) ?? call.option(`${first}__default_${name}`);
      if (first.startsWith("pbkdf2")) return { at: call.node, given: { iterations: option("rounds") } };
      return {
        at: call.node,
        given: { rounds: option("rounds"), m: option("memory_cost"), t: option("time_cost"), p: option("parallelism") },
      };
    },
  },
  {
    names: /^passlib\.hash\.\w+(\.using\(\))?\.(hash|encrypt)$/,
    origin: "library",
    algorithm: (call) => scheme(/^passlib\.hash\.(\w+)/.exec(call.name ?? "")?.[1] ?? "unknown"),
    cost(call, project) {
      const using = maker(call, project);
      const rounds = using?.option("rounds");
      const label = call.name?.includes("pbkdf2") ? "iterations" : "rounds";
      return { at: using?.node ?? call.node, given: { [label]: rounds } };
    },
  },
  {
    names: /^argon2\.PasswordHasher\(\)\.hash$/,
    origin: "library",
    algorithm: () => "argon2id",
    cost(call, project) {
      const made = maker(call, project);
      const option = (name: string, index: number) => made?.option(name) ?? made?.arg(index);
      return {
        at: made?.node ?? call.node,
        given: { m: option("memory_cost", 1), t: option("time_cost", 0), p: option("parallelism", 2) },
      };
    },
  },
  {
    names: /^pwdlib\.PasswordHash(\.recommended)?\(\)\.hash$/,
    origin: "library",
    algorithm(call, project) {
      const made = maker(call, project);
      return made && /Bcrypt/i.test(made.node.text) && !/Argon2/i.test(made.node.text) ? "bcrypt" : "argon2id";
    },
    cost: (call, project) => ({ at: maker(call, project)?.node ?? call.node, given: {} }),
  },
  {
    names: /^werkzeug\.security\.generate_password_hash$/,
    origin: "library",
    algorithm(call, project) {
      const given = call.option("method") ?? call.arg(1);
      const method = given ? project.values.text(given) : "scrypt";
      if (workFactor(method) === "pbkdf2") return `pbkdf2-${method?.split(":")[1] ?? "sha256"}`;
      return workFactor(method) ?? "unknown";
    },
    cost(call, project) {
      const given = call.option("method") ?? call.arg(1);
      const method = given ? project.values.text(given) : undefined;
      const rounds = method?.startsWith("pbkdf2") ? method.split(":")[2] : undefined;
      return {
        at: call.node,
        given: { iterations: rounds && given ? { value: Number(rounds), at: given } : undefined },
      };
    },
  },
  {
    names: /^flask_bcrypt\.(Bcrypt\(\)\.)?generate_password_hash$/,
    origin: "library",
    algorithm: () => "bcrypt",
    cost: (call, project) => ({
      at: call.node,
      given: { rounds: call.arg(1) ?? call.option("rounds") ?? project.fields("BCRYPT_LOG_ROUNDS")[0] },
    }),
  },
  {
    names: /^hashlib\.pbkdf2_hmac$/,
    origin: "runtime",
    algorithm: (call, project) => `pbkdf2-${digestName(call.arg(0) && project.values.text(call.arg(0) as Node))}`,
    cost: (call) => ({ at: call.node, given: { iterations: call.arg(3) ?? call.option("iterations") } }),
  },
  {
    names: /^hashlib\.scrypt$/,
    origin: "runtime",
    algorithm: () => "scrypt",
    cost: (call) => ({ at: call.node, given: { N: call.option("n"), r: call.option("r"), p: call.option("p") } }),
  },
  {
    names: /^cryptography\.hazmat\.primitives\.kdf\.(pbkdf2\.PBKDF2HMAC|scrypt\.Scrypt|argon2\.Argon2id)\(\)\.derive$/,
    origin: "library",
    algorithm(call, project) {
      if (/scrypt/.test(call.name ?? "")) return "scrypt";
      if (/argon2/.test(call.name ?? "")) return "argon2id";
      return `pbkdf2-${digestName(maker(call, project)?.option("algorithm")?.text)}`;
    },
    cost(call, project) {
      const made = maker(call, project);
      return {
        at: made?.node ?? call.node,
        given: {
          iterations: made?.option("iterations"),
          N: made?.option("n"),
          r: made?.option("r"),
          p: made?.option("p"),
        },
      };
    },
  },
  {
    names: /^django\.contrib\.auth\..*(make_password|create_user|create_superuser|set_password)$/,
    origin: "framework",
    algorithm: (_call, project) => djangoHashers(project)?.algorithm ?? "pbkdf2-sha256",
    place: (_call, project) => djangoHashers(project)?.at,
    cost: (call, project) => ({ at: djangoHashers(project)?.at ?? call.node, given: {} }),
  },
  {
    names: /^hashlib\.(md5|sha1|sha224|sha256|sha384|sha512|sha3_\d+|blake2[bs]|new)$/,
    origin: "hand-written",
    algorithm(call, project) {
      const about = call.args.some((arg) => mentionsPassword(arg.value));
      if (!about) return undefined;
      return call.method === "new"
        ? digestName(call.arg(0) && project.values.text(call.arg(0) as Node))
        : call.method.replace("_", "-");
    },
  },
];

/** A stored password compared with the given one as it is. */
export function pythonPlainComparison(project: Project): Node | undefined {
  return project.all("comparison_operator").find((node) => {
    const [left, right] = node.parts;
    const isEquality = node.children.some((child) => child.text === "==" || child.text === "!=");
    const both = left && right && [left, right].every((side) => /password["'\])]*$/i.test(side.text));
    return isEquality && both && !/confirm|repeat|again|2/i.test(node.text);
  });
}
