import type { Call } from "../source/call.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";
import type { SignatureWords } from "../topics/signatures.ts";
import type { Signing, TokenReader, Verifying } from "../topics/tokens.ts";
import { registration } from "./fastify.ts";

export const TYPESCRIPT_SIGNATURES: SignatureWords = {
  make: /^(crypto\.createHmac|(globalThis\.)?crypto\.(webcrypto\.)?subtle\.(sign|verify))$/,
  constantTime:
    /^(crypto\.timingSafeEqual|(globalThis\.)?crypto\.(webcrypto\.)?subtle\.verify|safe-compare|tsscmp|hono\/utils\/buffer\.timingSafeEqual)$/,
  message(call) {
    if (call.method === "verify") return call.arg(3);
    if (call.method === "sign") return call.arg(2);
    const update = call.node.parent?.parent;
    const outer = update && call.project.call(update);
    return outer?.method === "update" ? outer.arg(0) : undefined;
  },
  comparisonKinds: ["binary_expression"],
  sides(node) {
    const left = node.field("left");
    const right = node.field("right");
    return /^[!=]==?$/.test(node.field("operator")?.text ?? "") && left && right ? [left, right] : undefined;
  },
};

const JOSE_CLAIMS: Record<string, string> = {
  setSubject: "sub",
  setIssuer: "iss",
  setAudience: "aud",
  setExpirationTime: "exp",
  setNotBefore: "nbf",
  setIssuedAt: "iat",
  setJti: "jti",
};
const OPTION_CLAIMS: Record<string, string> = {
  subject: "sub",
  issuer: "iss",
  audience: "aud",
  notBefore: "nbf",
  jwtid: "jti",
};
const JSONWEBTOKEN = /^(jsonwebtoken|jsonwebtoken-esm|@nestjs\/jwt\.JwtService\(\))\.(sign|signAsync)$/;

/** The calls chained onto a `new`. */
function chain(call: Call): Call[] {
  const out: Call[] = [];
  for (let at = call.node; at.parent?.kind === "member_expression" && at.parent.parent; at = at.parent.parent) {
    const next = call.project.call(at.parent.parent);
    if (!next) break;
    out.push(next);
  }
  return out;
}

function joseSigning(call: Call): Signing {
  const steps = chain(call);
  const added = steps.flatMap((step) => JOSE_CLAIMS[step.method] ?? []);
  const life = steps.find((step) => step.method === "setExpirationTime")?.arg(0);
  return { library: "jose", origin: "library", node: call.node, added, payload: call.arg(0), life };
}

function jsonwebtokenSigning(call: Call): Signing {
  const isNest = call.is(/^@nestjs/);
  const { project } = call;
  const life = call.option("expiresIn") ?? (isNest ? project.fields("expiresIn")[0] : undefined);
  const payload = call.arg(0);
  const added = [
    "iat",
    ...(life ? ["exp"] : []),
    ...Object.entries(OPTION_CLAIMS).flatMap(([option, claim]) =>
      call.option(option) && payloadLacks(call, option) ? [claim] : [],
    ),
  ];
  return { library: isNest ? "@nestjs/jwt" : "jsonwebtoken", origin: "library", node: call.node, added, payload, life };
}

/** Options are looked for in every object of the call; a claim named like an option is not one. */
function payloadLacks(call: Call, option: string): boolean {
  const payload = call.arg(0);
  return (
    payload === undefined || call.project.resolver.property(call.project.resolver.source(payload), option) === undefined
  );
}

function fastifySignings(project: Project): Signing[] {
  const plugin = registration(project, /^(@fastify\/jwt|fastify-jwt)/);
  if (!plugin) return [];
  const calls = project.calls.filter((call) => /\.jwt\.sign$/.test(call.callee.text) || call.method === "jwtSign");
  const base = { library: "@fastify/jwt", origin: "library" as const, setUp: plugin.node };
  return calls.map((call) => {
    const life = call.option("expiresIn") ?? plugin.option("sign.expiresIn");
    return { ...base, node: call.node, added: ["iat", ...(life ? ["exp"] : [])], payload: call.arg(0), life };
  });
}

function signings(project: Project): Signing[] {
  return [
    ...project.callsOf(/^jose(\/jwt\/sign)?\.SignJWT$/).map(joseSigning),
    ...project.callsOf(JSONWEBTOKEN).map(jsonwebtokenSigning),
    ...project.callsOf(/^hono\/jwt\.(sign|Jwt\.sign)$/).map(
      (call): Signing => ({
        library: "hono/jwt",
        origin: "framework",
        node: call.node,
        added: [],
        payload: call.arg(0),
      }),
    ),
    ...project.callsOf(/^fast-jwt\.createSigner\(\)$/).map(
      (call): Signing => ({
        library: "fast-jwt",
        origin: "library",
        node: call.node,
        added: ["iat"],
        payload: call.arg(0),
      }),
    ),
    ...project.callsOf(/^jwt-simple\.encode$/).map(
      (call): Signing => ({
        library: "jwt-simple",
        origin: "library",
        node: call.node,
        added: [],
        payload: call.arg(0),
      }),
    ),
    ...fastifySignings(project),
  ];
}

interface Verifier {
  names: RegExp;
  library: string;
  origin: Verifying["origin"];
  option: (call: Call) => Node | undefined;
  otherwise: Verifying["otherwise"];
}

const VERIFIERS: readonly Verifier[] = [
  {
    names: /^jose(\/jwt\/verify)?\.(jwtVerify|compactVerify)$/,
    library: "jose",
    origin: "library",
    option: (call) => call.option("algorithms"),
    otherwise: "HS256, not pinned",
  },
  {
    names: /^jsonwebtoken\.verify$/,
    library: "jsonwebtoken",
    origin: "library",
    option: (call) => call.option("algorithms"),
    otherwise: "HS256, not pinned",
  },
  {
    names: /^@nestjs\/jwt\.JwtService\(\)\.verify(Async)?$/,
    library: "@nestjs/jwt",
    origin: "library",
    option: (call) => call.option("algorithms"),
    otherwise: "HS256, not pinned",
  },
  {
    names: /^hono\/jwt\.(verify|Jwt\.verify)$/,
    library: "hono/jwt",
    origin: "framework",
    option: (call) => call.arg(2),
    otherwise: "HS256, pinned",
  },
  {
    names: /^hono\/jwt\.jwt$/,
    library: "hono/jwt",
    origin: "framework",
    option: (call) => call.option("alg"),
    otherwise: "HS256, pinned",
  },
  {
    names: /^express-jwt(\.expressjwt|\.expressJwt)?$/,
    library: "express-jwt",
    origin: "library",
    option: (call) => call.option("algorithms"),
    otherwise: "HS256, not pinned",
  },
  {
    names: /^koa-jwt$/,
    library: "koa-jwt",
    origin: "library",
    option: (call) => call.option("algorithms"),
    otherwise: "HS256, not pinned",
  },
  {
    names: /^fast-jwt\.createVerifier$/,
    library: "fast-jwt",
    origin: "library",
    option: (call) => call.option("algorithms"),
    otherwise: "HS256, not pinned",
  },
  {
    names: /^jwt-simple\.decode$/,
    library: "jwt-simple",
    origin: "library",
    option: (call) => call.arg(3),
    otherwise: "HS256, not pinned",
  },
];

/** Passport's strategy: `super({ secretOrKey })` or `new JwtStrategy({ secretOrKey })`. */
function passport(project: Project): Verifying[] {
  const calls = project.calls.filter(
    (call) =>
      call.option("jwtFromRequest") !== undefined &&
      (call.callee.kind === "super" || call.is(/^passport-jwt\.Strategy$/)),
  );
  return calls.map((call) => ({
    library: "passport-jwt",
    origin: "library",
    at: call.node,
    algorithms: call.option("algorithms"),
    otherwise: "HS256, not pinned",
  }));
}

function verifyings(project: Project): Verifying[] {
  const out = VERIFIERS.flatMap((verifier) =>
    project.callsOf(verifier.names).map((call): Verifying => {
      const { library, origin, otherwise } = verifier;
      return { library, origin, otherwise, at: call.node, algorithms: verifier.option(call) };
    }),
  );
  const plugin = registration(project, /^(@fastify\/jwt|fastify-jwt)/);
  if (plugin)
    out.push({
      library: "@fastify/jwt",
      origin: "library",
      at: plugin.node,
      algorithms: plugin.option("verify.algorithms"),
      otherwise: "HS256, not pinned",
    });
  return out.length > 0 ? out : passport(project);
}

function unsigned(project: Project): Node[] {
  return project.callsOf(/^jose(\/jwt\/unsecured)?\.UnsecuredJWT\.decode$/).map((call) => call.node);
}

export const TYPESCRIPT_TOKENS: TokenReader = {
  unsigned,
  words: TYPESCRIPT_SIGNATURES,
  signings,
  verifyings,
};
