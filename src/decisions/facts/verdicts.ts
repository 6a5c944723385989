import type { Evidence } from "../../model/evidence.ts";
import type { BehaviourFact } from "../behaviour.ts";

const STORED = /^(bcrypt|argon2|PBKDF2|scrypt|the password itself|a value of \d+ characters)|\b(SHA|MD|BLAKE)/;

/** What the database holds for a known password: the exploits' words name the function and its cost. */
export function passwordFacts({ checks }: Evidence): BehaviourFact[] {
  const told = checks.filter(({ role, detail }) => role === "attack" && STORED.test(detail ?? ""));
  const seen = (told.findLast(({ held }) => !held) ?? told.at(-1))?.detail;
  if (!seen) return [];
  const fact = (topic: string, choice: string, agrees: RegExp): BehaviourFact => ({
    topic,
    choice,
    agrees,
    by: "database",
    seen,
  });
  const hashing = (choice: string, agrees: RegExp) => fact("password-hashing", choice, agrees);
  // A library's own cost is `default` in the source.
  const cost = (choice: string, ...figures: string[]) =>
    fact("password-hash-cost", choice, new RegExp(`^default$|^(?=.*${figures.join(")(?=.*")})`));
  const bcrypt = /^bcrypt\b.*?cost (\d+)/.exec(seen);
  if (bcrypt) return [hashing("bcrypt", /^bcrypt/), cost(`rounds=${bcrypt[1]}`, `\\b${bcrypt[1]}\\b`)];
  const argon2 = /^argon2.*?(\d+) KiB(?:.*?(\d+) passes)?/.exec(seen);
  if (argon2) {
    const [, memory, passes] = argon2;
    return [
      hashing("argon2", /^argon2/),
      cost(`m=${memory}${passes ? `, t=${passes}` : ""}`, `m=${memory}\\b`, passes ? `t=${passes}\\b` : ""),
    ];
  }
  const pbkdf2 = /^PBKDF2-(\S+) with ([\d,]+)/.exec(seen);
  if (pbkdf2) {
    const [digest, rounds] = [pbkdf2[1]?.toLowerCase().replaceAll("-", ""), pbkdf2[2]?.replaceAll(",", "")];
    return [
      hashing(`pbkdf2-${digest}`, new RegExp(`^pbkdf2(-${digest})?$`)),
      cost(`iterations=${rounds}`, `\\b${rounds}\\b`),
    ];
  }
  const scrypt = /^scrypt, (N=\d+), (r=\d+), (p=\d+)/.exec(seen);
  if (scrypt) {
    const figures = scrypt.slice(1, 4);
    return [hashing("scrypt", /^scrypt$/), cost(figures.join(", "), ...figures.map((figure) => `${figure}\\b`))];
  }
  const slow = /^(argon2|scrypt)/.exec(seen)?.[1];
  if (slow) return [hashing(slow, new RegExp(`^${slow}`))];
  if (/no bcrypt hash$/.test(seen)) return [hashing("not bcrypt", /^(?!bcrypt)/)];
  if (/^the password itself/.test(seen)) return [hashing("plain", /^plain$/)];
  const fast = /\b(SHA-?\d+|MD5|SHA3-?\d+|BLAKE2[BS])\b/i.exec(seen)?.[1]?.toLowerCase().replaceAll("-", "");
  return fast ? [hashing(fast, new RegExp(`^${fast}$`))] : [];
}

/** Guessing a password: only where every guess was really refused, and refused alike, is there no throttling. */
export function throttlingFacts({ verdict, checks, summary }: Evidence): BehaviourFact[] {
  const alike = checks.find(({ held, words }) => !held && /something gives way/.test(words));
  const fact = (choice: string, agrees: RegExp, seen: string): BehaviourFact[] => [
    { topic: "throttling", choice, agrees, by: "behaviour", seen },
  ];
  if (verdict === "defended")
    return fact("of logins", /^(?!none$)/, summary.split(". ").slice(1).at(-1) ?? "logins give way");
  return alike ? fact("none", /^none$/, "20 wrong logins were answered alike") : [];
}

/** The app was started without JWT_SECRET. */
export function secretFacts({ verdict, summary }: Evidence): BehaviourFact[] {
  return verdict === "defended"
    ? [secret("JWT_SECRET", "environment, required", /required$/, "it does not start without JWT_SECRET")]
    : [secret("JWT_SECRET", "not required", /default$|optional$|random$|when used$|^hard-coded|^file/, summary)];
}

/** The app was started without any of its secrets, whichever of them it signs with. */
export function fallbackFacts({ checks, summary }: Evidence): BehaviourFact[] {
  const [refused, known] = [/^without any secret it does not serve/, /^without any secret, it signs with nothing/];
  const signs = checks.find(({ words }) => known.test(words));
  if (checks.some(({ words, held }) => held && refused.test(words)))
    return [secret(SIGNING, "environment, required", /required$/, "it does not serve without any secret")];
  if (signs && !signs.held)
    return [secret(SIGNING, "environment, default", /default$|^hard-coded/, "it signs with a word of its files")];
  if (signs && /without any secret it makes a key of its own/.test(summary))
    return [secret(SIGNING, "environment, random", /random$|^file/, "without any secret it makes a key of its own")];
  const given = checks.find(({ words }) => /^with its settings, it signs with nothing/.test(words));
  return given && !given.held
    ? [secret(SIGNING, "hard-coded", /^hard-coded/, "it signs with a word of its files")]
    : [];
}

/** Names of settings that may hold a signing key. */
const SIGNING = /SECRET|KEY|TOKEN/;

const secret = (of: string | RegExp, choice: string, agrees: RegExp, seen: string): BehaviourFact => ({
  ...{ topic: "secrets", choice, agrees, of, by: "behaviour" as const, seen },
});

/** Tables and files were taken away under the running app. */
export function errorFacts(evidence: Evidence): BehaviourFact[] {
  if (evidence.verdict === "defended")
    return [
      {
        topic: "error-handling",
        choice: "hidden",
        agrees: /hidden$/,
        by: "behaviour",
        seen: "a failing database shows as a plain 500",
      },
    ];
  const leak = evidence.checks.find(({ held, words }) => !held && /no inside shows/.test(words));
  if (evidence.verdict !== "exploited" || !leak) return [];
  return [{ topic: "error-handling", choice: "shown", agrees: /shown$/, by: "behaviour", seen: leak.words }];
}

/** Registrations with the weakest passwords. */
export function policyFacts(evidence: Evidence): BehaviourFact[] {
  if (evidence.verdict === "exploited")
    return [
      { topic: "password-policy", choice: "none", agrees: /^(none|max \d+)$/, by: "behaviour", seen: evidence.summary },
    ];
  if (evidence.verdict !== "defended") return [];
  const seen = 'the passwords "a" and "" are refused';
  return [{ topic: "password-policy", choice: "some", agrees: /^(?!none$|max \d+$)/, by: "behaviour", seen }];
}
