import type { Call } from "../source/call.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";
import type { SignatureWords } from "../topics/signatures.ts";
import type { Signing, TokenReader, Verifying } from "../topics/tokens.ts";

export const PYTHON_SIGNATURES: SignatureWords = {
  make: /^hmac\.(new|digest|HMAC)$/,
  constantTime:
    /^((hmac|secrets|_operator)\.compare_digest|django\.utils\.crypto\.constant_time_compare|werkzeug\.security\.safe_str_cmp)$/,
  message: (call) => call.arg(1) ?? call.option("msg"),
  comparisonKinds: ["comparison_operator"],
  sides(node) {
    const [left, right] = node.parts;
    const isEquality = node.children.some((child) => child.text === "==" || child.text === "!=");
    return isEquality && left && right ? [left, right] : undefined;
  },
};

const LIBRARIES: { pattern: RegExp; library: string }[] = [
  { pattern: /^jwt\./, library: "pyjwt" },
  { pattern: /^jose\./, library: "python-jose" },
  { pattern: /^authlib\./, library: "authlib" },
  { pattern: /^joserfc\./, library: "joserfc" },
  { pattern: /^jwcrypto\./, library: "jwcrypto" },
];
const ENCODE =
  /^(jwt|jwt\.api_jwt|jwt\.PyJWT\(\)|jose\.jwt|authlib\.jose\.jwt|authlib\.jose\.JsonWebToken\(\)|joserfc\.jwt)\.encode$/;
const DECODE =
  /^(jwt|jwt\.api_jwt|jwt\.PyJWT\(\)|jose\.jwt|authlib\.jose\.jwt|authlib\.jose\.JsonWebToken\(\)|joserfc\.jwt)\.decode$/;
const SIMPLEJWT_CLAIMS = ["exp", "iat", "jti", "token_type", "user_id"];
const FLASK_CLAIMS = ["sub", "exp", "nbf", "iat", "jti", "fresh", "type"];

const libraryOf = (call: Call) => LIBRARIES.find(({ pattern }) => pattern.test(call.name ?? ""))?.library ?? "unknown";

/** authlib and joserfc take the header first. */
function payloadOf(call: Call): Node | undefined {
  if (/^(authlib|joserfc)\./.test(call.name ?? ""))
    return call.arg(1) ?? call.option("payload") ?? call.option("claims");
  return call.arg(0) ?? call.option("payload") ?? call.option("claims");
}

function signings(project: Project): Signing[] {
  const out: Signing[] = project.callsOf(ENCODE).map((call) => ({
    library: libraryOf(call),
    origin: "library",
    node: call.node,
    added: [],
    payload: payloadOf(call),
  }));
  for (const call of project.callsOf(/^flask_jwt_extended\.create_(access|refresh)_token$/)) {
    const isRefresh = call.method.includes("refresh");
    const life =
      call.option("expires_delta") ??
      project.fields(isRefresh ? "JWT_REFRESH_TOKEN_EXPIRES" : "JWT_ACCESS_TOKEN_EXPIRES")[0];
    const extra = call.option("additional_claims");
    out.push({
      library: "flask-jwt-extended",
      origin: "library",
      node: call.node,
      refresh: isRefresh,
      added: FLASK_CLAIMS,
      claimsOrigin: extra ? "hand-written" : "library",
      ...(extra && { payload: extra }),
      ...(life ? { life } : { defaultLife: isRefresh ? 30 * 86_400 : 900 }),
    });
  }
  return [...out, ...simpleJwt(project)];
}

/** The string that switches simplejwt on, and its settings. */
function simpleJwtSetting(project: Project): Node | undefined {
  return project
    .all("string")
    .find((node) => /^["']rest_framework_simplejwt\.authentication\.\w+["']$/.test(node.text));
}

function simpleJwt(project: Project): Signing[] {
  const at = simpleJwtSetting(project);
  if (!at) return [];
  const base = {
    library: "simplejwt",
    origin: "library" as const,
    node: at,
    added: SIMPLEJWT_CLAIMS,
    claimsOrigin: "library" as const,
  };
  const access = project.fields("ACCESS_TOKEN_LIFETIME")[0];
  const refresh = project.fields("REFRESH_TOKEN_LIFETIME")[0];
  return [
    { ...base, refresh: false, ...(access ? { life: access } : { defaultLife: 300 }) },
    { ...base, refresh: true, ...(refresh ? { life: refresh } : { defaultLife: 86_400 }) },
  ];
}

function verifyings(project: Project): Verifying[] {
  const out: Verifying[] = project.callsOf(DECODE).map((call) => ({
    library: libraryOf(call),
    origin: "library",
    at: call.node,
    algorithms: call.option("algorithms") ?? (call.is(/^(jwt|jose)\./) ? call.arg(2) : undefined),
    otherwise: "HS256, not pinned",
  }));
  const flask = project.callsOf(/^flask_jwt_extended\.create_access_token$/)[0];
  const set = project.fields("JWT_DECODE_ALGORITHMS")[0] ?? project.fields("JWT_ALGORITHM")[0];
  if (flask)
    out.push({
      library: "flask-jwt-extended",
      origin: "library",
      at: flask.node,
      algorithms: set,
      otherwise: "HS256, pinned",
    });
  const simple = simpleJwtSetting(project);
  if (simple)
    out.push({
      library: "simplejwt",
      origin: "library",
      at: simple,
      algorithms: project.fields("ALGORITHM")[0],
      otherwise: "HS256, pinned",
    });
  return out;
}

/** `verify_signature` is there and not simply true: the token may choose. False alone reads an old token, as on refresh. */
function unsigned(project: Project): Node[] {
  return project.callsOf(DECODE).flatMap((call) => {
    const option = call.option("options.verify_signature");
    return option && !/^(True|False)$/.test(option.text) ? [option] : [];
  });
}

export const PYTHON_TOKENS: TokenReader = {
  unsigned,
  words: PYTHON_SIGNATURES,
  signings,
  verifyings,
};
