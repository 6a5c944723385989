import type { Decision } from "../../model/decision.ts";
import { absent, earlier, type Sighting, unsure } from "../rule.ts";
import type { Call } from "../source/call.ts";
import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";
import { type Claims, claimList, readClaims } from "./claims.ts";
import { type Duration, lifeFromNow, lifeOfOption, lifeText } from "./durations.ts";
import { ASIDE, livesByKind } from "./lives.ts";
import { settable } from "./settable.ts";
import {
  checkFinding,
  type SignatureCheck,
  type SignatureWords,
  signatureCheck,
  tokenSignatures,
} from "./signatures.ts";

/** A call that signs a token. */
export interface Signing {
  library: string;
  origin: Decision["origin"];
  /** Where a token is signed: a call, or the setting that has the library do it. */
  node: Node;
  /** Where the library is put to use, when not there. */
  setUp?: Node;
  /** Signs refresh tokens; told from the words around it when not said. */
  refresh?: boolean;
  /** Claims from outside the payload, such as the subject option. */
  added: string[];
  payload?: Node | undefined;
  /** An option that gives the life. */
  life?: Node | undefined;
  /** The library's own life, in seconds, when none is given. */
  defaultLife?: number;
  /** Who chose the claims when there is no payload. */
  claimsOrigin?: Decision["origin"];
}

/** A call (or setting) that checks a token. */
export interface Verifying {
  library: string;
  origin: Decision["origin"];
  at: Node;
  /** The option that lists the algorithms. */
  algorithms?: Node | undefined;
  /** What holds without that option. */
  otherwise: "HS256, pinned" | "HS256, not pinned";
}

/** What a language's libraries know of tokens. */
export interface TokenReader {
  words: SignatureWords;
  signings(project: Project): Signing[];
  verifyings(project: Project): Verifying[];
  /** Places that take a token's claims without its signature. */
  unsigned(project: Project): Node[];
}

const byPlace = (project: Project) => (a: { at: Node }, b: { at: Node }) =>
  Number(project.isLive(b.at)) - Number(project.isLive(a.at)) || earlier(a.at, b.at);

/** The name of the function around a node. */
function nameAround(node: Node): string {
  const fn = node.within(...node.file.language.functionKinds);
  const holder = fn?.parent?.kind === "variable_declarator" ? fn.parent : fn;
  return holder?.field("name")?.text ?? "";
}

function signingsOf(project: Project, reader: TokenReader): Signing[] {
  const sort = byPlace(project);
  const isAside = ({ node }: Signing) => Number(ASIDE.test(nameAround(node)) || ASIDE.test(node.text));
  return reader.signings(project).sort((a, b) => isAside(a) - isAside(b) || sort({ at: a.node }, { at: b.node }));
}

function verifyingsOf(project: Project, reader: TokenReader): Verifying[] {
  return reader.verifyings(project).sort(byPlace(project));
}

interface HandRolled {
  signature: Call;
  check: SignatureCheck | undefined;
}

function handRolled(project: Project, reader: TokenReader): HandRolled | undefined {
  const signatures = tokenSignatures(project, reader.words);
  const [signature] = signatures;
  return signature && { signature, check: signatureCheck(project, reader.words, signatures) };
}

/** Topic `jwt-library`. */
export function jwtLibrary(project: Project, reader: TokenReader): Sighting[] {
  const [signing] = signingsOf(project, reader);
  if (signing) return [{ choice: signing.library, origin: signing.origin, at: signing.setUp ?? signing.node }];
  const [verifying] = verifyingsOf(project, reader);
  if (verifying) return [{ choice: verifying.library, origin: verifying.origin, at: verifying.at }];
  const own = handRolled(project, reader);
  return own ? [{ choice: "hand-rolled", origin: "hand-written", at: own.signature.node }] : [absent()];
}

/** Topic `jwt-algorithm`: which, and whether a token may name another. */
export function jwtAlgorithm(project: Project, reader: TokenReader): Sighting[] {
  const [verifying] = verifyingsOf(project, reader);
  const [unsigned] = reader.unsigned(project).filter((node) => project.isLive(node));
  if (verifying && unsigned)
    return [{ choice: "unsigned accepted", origin: "hand-written", at: unsigned, confidence: "likely" }];
  if (verifying) {
    const { algorithms, otherwise, origin, at } = verifying;
    if (!algorithms) return [{ choice: otherwise, origin, at }];
    const names = project.values.texts(algorithms);
    if (!names) return [unsure(algorithms)];
    const weak = names.some((name) => /^none$/i.test(name));
    return [{ choice: `${names.join(" ")}, ${weak ? "not pinned" : "pinned"}`, origin, at: algorithms }];
  }
  const own = handRolled(project, reader);
  if (!own?.check) return [];
  const { check } = own;
  const tested = check.fn
    .all(...reader.words.comparisonKinds)
    .find(
      (node) =>
        /\balg\b|algorithm/i.test(node.text) &&
        !check.comparison.holds(node) &&
        node !== check.comparison &&
        !node.holds(check.comparison),
    );
  return [
    tested
      ? { choice: "HS256, pinned", origin: "hand-written", at: tested }
      : { choice: "HS256, not checked", origin: "hand-written", at: check.made },
  ];
}

/** Topic `jwt-signature-comparison`: of hand-rolled tokens only. */
export function jwtSignatureComparison(project: Project, reader: TokenReader): Sighting[] {
  if (signingsOf(project, reader).length > 0 || verifyingsOf(project, reader).length > 0) return [];
  const check = handRolled(project, reader)?.check;
  if (!check) return [];
  return [checkFinding(check)];
}

/** The payload of hand-rolled tokens: an object with a time or a subject, in a file that signs. */
function ownPayload(project: Project, own: HandRolled): Node | undefined {
  const objects = project
    .all("dictionary", "object")
    .filter((node) => node.file === own.signature.node.file || project.callSites(own.signature.node).includes(node));
  return objects.find((node) => {
    const expr = project.language.expr(node);
    return expr.type === "object" && expr.entries.some((entry) => ["exp", "iat", "sub"].includes(entry.key));
  });
}

function ownClaims(project: Project, reader: TokenReader): Claims | undefined {
  const own = handRolled(project, reader);
  const payload = own && ownPayload(project, own);
  return payload && readClaims(project, payload);
}

/** Topic `jwt-claims`: what a token holds, in the order of RFC 7519. */
export function jwtClaims(project: Project, reader: TokenReader): Sighting[] {
  const [signing] = signingsOf(project, reader).filter((candidate) => !isRefresh(candidate));
  if (!signing) {
    const claims = ownClaims(project, reader);
    return claims?.literal ? [{ choice: claimList(claims.names), origin: "hand-written", at: claims.literal }] : [];
  }
  const claims: Claims = signing.payload
    ? readClaims(project, signing.payload)
    : { names: new Set(), literal: undefined, expiries: [], whole: true };
  const names = [...claims.names, ...signing.added];
  if (names.length === 0) return [unsure(signing.node)];
  const literal = claims.literal && claims.names.size > 0 ? claims.literal : undefined;
  return [
    {
      choice: claimList(names),
      origin: signing.claimsOrigin ?? "hand-written",
      confidence: claims.whole ? "sure" : "likely",
      at: signing.library === "jose" ? signing.node : (literal ?? signing.node),
    },
  ];
}

function isRefresh(signing: Signing): boolean {
  if (signing.refresh !== undefined) return signing.refresh;
  return /refresh/i.test(`${nameAround(signing.node)} ${signing.node.text.slice(0, 400)}`);
}

/** Topic `jwt-life`: of access tokens, and of refresh tokens where there are any. */
export function jwtLife(project: Project, reader: TokenReader): Sighting[] {
  const signings = signingsOf(project, reader);
  const out: Sighting[] = [];
  for (const kind of ["access", "refresh"] as const) {
    const [signing] = signings.filter((candidate) => isRefresh(candidate) === (kind === "refresh"));
    if (!signing) continue;
    const lives = livesOfSigning(project, signing);
    const prefix = kind === "refresh" ? "refresh " : "";
    out.push(...(lives.length > 0 ? lives : [settable(project, () => lifeOfSigning(project, signing, prefix))]));
  }
  if (signings.length > 0)
    return [...Map.groupBy(out, ({ choice }) => choice).values()].flatMap(([first]) => first ?? []);
  const claims = ownClaims(project, reader);
  if (!claims?.literal) return [];
  const { expiries, literal } = claims;
  const read = () => firstLife(project, expiries);
  return [settable(project, () => lifeFinding(read(), claims.names.has("exp") || !claims.whole, literal, ""))];
}

/** The life of the first expiry that can be read; no other is looked at. */
function firstLife(project: Project, expiries: readonly Node[]): Duration | undefined {
  for (const node of expiries) {
    const found = lifeFromNow(project, node);
    if (found) return found;
  }
  return undefined;
}

/** The lives of a signing that is for several kinds of tokens; none when it is for one. */
function livesOfSigning(project: Project, { life, payload }: Signing): Sighting[] {
  const read = (node: Node) => lifeOfOption(project, node) ?? lifeFromNow(project, node);
  const expiries = life ? [life] : payload ? readClaims(project, payload).expiries : [];
  const kinds = expiries.map((node) => livesByKind(project, node, life ? read : (at) => lifeFromNow(project, at)));
  if (!life && payload)
    kinds.push(livesByKind(project, payload, (at) => firstLife(project, readClaims(project, at).expiries)));
  const told = kinds.find((lives) => lives.some((one) => one.read())) ?? [];
  return told.map((one) =>
    settable(project, () => lifeFinding(one.read(), true, one.at, one.isRefresh ? "refresh " : "")),
  );
}

function lifeOfSigning(project: Project, signing: Signing, prefix: string): Sighting {
  const { life, payload, node, added } = signing;
  if (life) return lifeFinding(lifeOfOption(project, life) ?? lifeFromNow(project, life), true, life, prefix);
  if (signing.defaultLife !== undefined)
    return { choice: `${prefix}${lifeText(signing.defaultLife)}`, origin: "library", at: node };
  const claims = payload && readClaims(project, payload);
  const found = claims && firstLife(project, claims.expiries);
  return lifeFinding(
    found,
    (claims?.names.has("exp") ?? false) || added.includes("exp") || claims?.whole === false,
    claims?.literal ?? node,
    prefix,
  );
}

function lifeFinding(duration: Duration | undefined, hasExpiry: boolean, at: Node, prefix: string): Sighting {
  if (duration) return { choice: `${prefix}${lifeText(duration.seconds)}`, origin: "hand-written", at: duration.at };
  return hasExpiry ? unsure(at) : { choice: "none", origin: "hand-written", at };
}
