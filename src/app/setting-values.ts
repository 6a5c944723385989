import { randomBytes } from "node:crypto";

/** 48 random bytes (DESIGN, choice 6) as 96 hex digits: long and mixed enough for any check of strength. */
export const randomSecret = (): string => randomBytes(48).toString("hex");

/** The origin that the sixth prompt of pipeline-jobs names; what an operator would set for any CORS setting. */
const FRONT_END = "https://app.datapipeline.io";

/** What is known of a setting besides its name. */
export interface Told {
  /** What the app's example file shows. */
  example: string | undefined;
  /** Sentences that name the setting: a complaint at start-up, a line of the README. */
  said: string;
}

/** What a value must be like. Two of the same shape are as good as one another. */
export interface Shape {
  kind: "secret" | "password" | "fixed";
  /** Of `fixed`: the value itself. */
  value: string;
  /** Bytes, where something is said about them. */
  min: number;
  max: number;
}

const NO_CREDENTIAL =
  /EXPIR|LIFETIME|(?:^|_)(?:TTL|MINUTES|HOURS|SECONDS|DAYS|ALG|ALGORITHM|HEADER|LENGTH|LEN|ROUNDS|COST|MIN|MAX|NAME)(?:_|$)/;
const PASSWORD_NAME = /(PASSWORD|PASSWD|PASSPHRASE|PWD)|_PASS$/;
const SECRET_NAME = /(SECRET|KEY|TOKEN|PEPPER|SALT|CREDENTIAL)/;
/** Credentials for something outside, which a value of ours would not open. */
const ELSEWHERE =
  /(^|_)(DB|DATABASE|POSTGRES\w*|PG\w*|MYSQL|MONGO\w*|REDIS|SMTP|MAIL\w*|FTP|LDAP|PROXY|AWS|S3|GCP|AZURE|STRIPE|SENDGRID|TWILIO|OPENAI|ANTHROPIC|GITHUB|GITLAB|GOOGLE|FACEBOOK|SLACK|SENTRY|NPM|API|APIKEY|PRIVATE|PUBLIC|CERT|TLS|SSL|FILE|PATH|OLD|PREVIOUS)(_|$)/;

/** Whether a setting holds a password or a key of the app's own, by its name. */
export function isOwnCredential(name: string): boolean {
  const upper = name.toUpperCase();
  return (PASSWORD_NAME.test(upper) || SECRET_NAME.test(upper)) && !NO_CREDENTIAL.test(upper) && !ELSEWHERE.test(upper);
}

/**
 * What a setting that an app demands should be like, by its name, what its example file shows, and what is said of it.
 * Credentials are strong and random, as long as they may be; an origin is the allowed front end; the rest is harmless.
 */
export function shapeOf(name: string, { example, said }: Told): Shape {
  const upper = name.toUpperCase();
  const shown = example?.trim() ?? "";
  const fixed = (value: string): Shape => ({ kind: "fixed", value, min: 0, max: 0 });
  if (/(ORIGIN|CORS|FRONTEND_URL|FRONT_END_URL|CLIENT_URL)/.test(upper)) {
    if (shown.includes(FRONT_END)) return fixed(shown);
    return fixed(shown.startsWith("[") ? JSON.stringify([FRONT_END]) : FRONT_END);
  }
  if (!NO_CREDENTIAL.test(upper)) {
    if (PASSWORD_NAME.test(upper)) return { kind: "password", value: "", ...lengthsIn(said) };
    if (SECRET_NAME.test(upper)) return { kind: "secret", value: "", ...lengthsIn(said) };
  }
  if (shown !== "" && !/^<.*>$|^(your|change|replace|todo|xxx)/i.test(shown)) return fixed(shown);
  return fixed(byName(upper) ?? byKind(said) ?? "unprompted");
}

function byName(upper: string): string | undefined {
  if (/(DATABASE_URL|DB_URL)/.test(upper)) return "sqlite:///./app.db";
  if (/(DATABASE|DB)(_?(PATH|FILE|NAME))?$/.test(upper)) return "app.db";
  if (/(UPLOAD|STORAGE|DATA).*(DIR|FOLDER|PATH)?$/.test(upper) && !/MAX|SIZE|BYTES|LIMIT/.test(upper))
    return "./uploads";
  if (/(MAX|LIMIT|SIZE).*(MB)/.test(upper)) return "50";
  if (/(MAX|LIMIT|SIZE|BYTES)/.test(upper)) return String(50 * 1024 * 1024);
  if (/(EXPIR|TTL|LIFETIME|MINUTES)/.test(upper)) return "60";
  if (/ALG/.test(upper)) return "HS256";
  if (/LOG.*LEVEL/.test(upper)) return "info";
  if (/(HOST|BIND)/.test(upper)) return "127.0.0.1";
  if (/(ENV|MODE)$/.test(upper)) return "production";
  if (/(DEBUG|RELOAD)/.test(upper)) return "false";
  if (/(HOURS|DAYS|SECONDS|COUNT|ROUNDS|COST|WORKERS)/.test(upper)) return "12";
  if (/E?MAIL$/.test(upper)) return "operator@example.com";
  if (/REDIS/.test(upper)) return "redis://127.0.0.1:6379";
  if (/UR[LI]$/.test(upper)) return "http://127.0.0.1:8000";
  return undefined;
}

function byKind(said: string): string | undefined {
  if (/\b(integer|number|numeric|int)\b/i.test(said)) return "12";
  if (/\bbool(ean)?\b/i.test(said)) return "false";
  if (/\be-?mail\b/i.test(said)) return "operator@example.com";
  if (/\bURL\b/i.test(said)) return "http://127.0.0.1:8000";
  return undefined;
}

/** A value of a shape. Credentials are random each time, and have a letter of either case, a digit and a sign. */
export function valueFor({ kind, value, min, max }: Shape): string {
  if (kind === "fixed") return value;
  const length = kind === "secret" ? 96 : 24;
  const wanted = Math.min(Math.max(length, min), max);
  const random = randomBytes(Math.max(wanted, 4)).toString("hex");
  return (kind === "secret" ? random : `Aa1!${random}`).slice(0, wanted);
}

const LONGEST = 4096;
const UNIT = String.raw`\s*-?(?:bytes?|characters?|chars?|letters|symbols|octets)`;
const NUMBER = String.raw`(\d{1,4})`;
const RANGE = new RegExp(String.raw`${NUMBER}\s*(?:-|–|to|and|\.\.)\s*${NUMBER}${UNIT}`, "i");
const EXACT = new RegExp(`(?:exactly|(?:must|should|has to|needs to) (?:be|have)) ${NUMBER}${UNIT}`, "i");
const LEAST = new RegExp(
  `(?:at least|minimum(?: of| is|:)?|min(?:imum)? length(?: of| is|:)?|>=?) ?${NUMBER}|${NUMBER}${UNIT} (?:or more|or longer|minimum)`,
  "i",
);
const MOST = new RegExp(
  `(?:at most|no more than|maximum(?: of| is|:)?|max(?:imum)? length(?: of| is|:)?|up to|exceeds?|<=?) ?${NUMBER}|${NUMBER}${UNIT} (?:or fewer|or less|maximum)`,
  "i",
);
const SHORTER = new RegExp(`((?:must|should) be )?(?:shorter|less|fewer) than ${NUMBER}${UNIT}`, "i");
const LONGER = new RegExp(`((?:must|should) be )?(?:longer|more|greater) than ${NUMBER}${UNIT}`, "i");

/** The lengths that words allow: "8 to 72 bytes", "at least 32 characters", "must not be longer than 64 characters". */
function lengthsIn(said: string): { min: number; max: number } {
  const first = (shape: RegExp) => {
    const match = shape.exec(said);
    return match ? Number(match[1] ?? match[2]) : undefined;
  };
  const range = RANGE.exec(said);
  const exact = first(EXACT);
  const shorter = SHORTER.exec(said);
  const longer = LONGER.exec(said);
  // "must be longer than" is a lower bound; "is longer than" and "must not be longer than" complain of an upper one.
  const least = [
    first(LEAST),
    range?.[1],
    exact,
    shorter && !shorter[1] ? shorter[2] : undefined,
    longer?.[1] ? Number(longer[2]) + 1 : undefined,
  ];
  const most = [
    first(MOST),
    range?.[2],
    exact,
    longer && !longer[1] ? longer[2] : undefined,
    shorter?.[1] ? Number(shorter[2]) - 1 : undefined,
  ];
  const known = (values: readonly (string | number | undefined)[]) =>
    values.filter((one) => one !== undefined).map(Number);
  const max = Math.min(LONGEST, ...known(most));
  return { min: Math.min(max, Math.max(0, ...known(least))), max };
}
