import { z } from "zod";

const secret = z
  .string()
  .refine((value) => Buffer.byteLength(value) >= 32, "must be at least 32 bytes long")
  .refine((value) => new Set(value).size >= 8, "is too repetitive to be a secret");

const int = (min: number, max: number, fallback: number) => z.coerce.number().int().min(min).max(max).default(fallback);

const environment = z.object({
  JWT_SECRET: secret,
  DATABASE_PATH: z.string().default("users.db"),
  ACCESS_TOKEN_SECONDS: int(60, 3600, 15 * 60),
  REFRESH_TOKEN_SECONDS: int(3600, 30 * 86_400, 7 * 86_400),
});

type Config = z.infer<typeof environment>;
let known: Config | undefined;

/** Read when first asked: a build has no settings. Throws with the names of those that are missing or weak. */
export function config(): Config {
  if (known) return known;
  // An empty variable means "not set": `JWT_SECRET=` in a file must not count as a secret.
  const given = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ""));
  const result = environment.safeParse(given);
  if (!result.success)
    throw new Error(result.error.issues.map((issue) => `Invalid setting ${issue.path.join(".")}: ${issue.message}`).join("\n"));
  return (known = result.data);
}
