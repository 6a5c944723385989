import { z } from "zod";

const strongSecret = z
  .string()
  .refine((value) => Buffer.byteLength(value) >= 32 && new Set(value).size >= 8, "must be at least 32 random bytes (openssl rand -hex 32)");

const settings = z.object({
  JWT_SECRET: strongSecret,
  WEBHOOK_SECRET: strongSecret.optional(),
  DATABASE_PATH: z.string().default("./data/pipeline.db"),
  UPLOAD_DIR: z.string().default("./uploads"),
  MAX_UPLOAD_BYTES: z.coerce.number().int().positive().default(50 * 1024 * 1024),
  CORS_ORIGIN: z.url().default("https://app.datapipeline.io"),
  TOKEN_TTL_SECONDS: z.coerce.number().int().min(60).max(86_400).default(3_600),
  LOGIN_FAILURES_PER_MINUTE: z.coerce.number().int().positive().default(5),
  REGISTRATIONS_PER_MINUTE: z.coerce.number().int().positive().default(20),
  TRUSTED_PROXY_HOPS: z.coerce.number().int().min(0).default(0),
});

export type Config = z.infer<typeof settings>;

let loaded: Config | undefined;

/** Read on first use, not on import: `next build` imports every route and has no secrets. */
export function config(): Config {
  return (loaded ??= load());
}

function load(): Config {
  const given = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ""));
  const result = settings.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
  throw new Error(`Invalid configuration\n${problems.join("\n")}`);
}
