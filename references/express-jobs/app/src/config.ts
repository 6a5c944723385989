import { z } from "zod";

const secret = z
  .string()
  .refine((value) => Buffer.byteLength(value) >= 32, "must be at least 32 bytes long")
  .refine((value) => new Set(value).size >= 8, "is too repetitive to be a secret");

const int = (min: number, max: number, fallback: number) => z.coerce.number().int().min(min).max(max).default(fallback);

const environment = z.object({
  JWT_SECRET: secret,
  WEBHOOK_SECRET: secret.optional(),
  PORT: int(0, 65_535, 8000),
  ALLOWED_ORIGIN: z
    .string()
    .default("https://app.datapipeline.io")
    .refine((value) => URL.canParse(value) && new URL(value).origin === value, "must be an origin such as https://host"),
  DATABASE_PATH: z.string().default("jobs.db"),
  UPLOAD_DIR: z.string().default("uploads"),
  MAX_UPLOAD_BYTES: int(1, 2 ** 30, 50 * 1024 * 1024),
  TOKEN_TTL_SECONDS: int(60, 86_400, 3600),
  TRUST_PROXY_HOPS: int(0, 10, 0),
});

function readConfig() {
  // An empty variable means "not set": `JWT_SECRET=` in a file must not count as a secret.
  const given = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ""));
  const result = environment.safeParse(given);
  if (result.success) return result.data;
  for (const issue of result.error.issues) console.error(`Invalid setting ${issue.path.join(".")}: ${issue.message}`);
  process.exit(1);
}

export const config = readConfig();
