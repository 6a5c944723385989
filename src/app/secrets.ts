import { randomBytes } from "node:crypto";

/** 48 random bytes (DESIGN, choice 6) as 96 hex digits: long and mixed enough for any check of strength. */
export const randomSecret = (): string => randomBytes(48).toString("hex");

/** The origin that the sixth prompt of pipeline-jobs names; what an operator would set for any CORS setting. */
const FRONT_END = "https://app.datapipeline.io";

const SECRET_NAME = /(SECRET|KEY|TOKEN|PASSWORD|PEPPER|SALT|CREDENTIAL)/;

/**
 * A value for a setting that an app demands and we know only by name, preferring what its example file shows.
 * Secrets are strong and random; an origin is the allowed front end; the rest is harmless.
 */
export function valueForSetting(name: string, example: string | undefined): string {
  const upper = name.toUpperCase();
  const shown = example?.trim() ?? "";
  if (/(ORIGIN|CORS|FRONTEND_URL|FRONT_END_URL|CLIENT_URL)/.test(upper)) {
    if (shown.includes(FRONT_END)) return shown;
    return shown.startsWith("[") ? JSON.stringify([FRONT_END]) : FRONT_END;
  }
  if (
    SECRET_NAME.test(upper) &&
    !/(EXPIR|TTL|LIFETIME|MINUTES|HOURS|SECONDS|DAYS|ALG|HEADER|LENGTH|ROUNDS)/.test(upper)
  ) {
    return randomSecret();
  }
  if (shown !== "" && !/^<.*>$|^(your|change|replace|todo|xxx)/i.test(shown)) return shown;
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
  if (/(HOURS|DAYS|SECONDS|COUNT|ROUNDS|WORKERS)/.test(upper)) return "12";
  return "unprompted";
}
