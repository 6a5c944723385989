import express from "express";
import { createHmac, timingSafeEqual } from "node:crypto";
import { hashPassword, protect, verifyPassword } from "./security.ts";

type Job = { id: number; owner: number; name: string; description: string; status: string; created_at: string };
type User = { id: number; email: string; password: string };

const secret = process.env.JWT_SECRET;
if (!secret) throw new Error("JWT_SECRET is not set");

const app = express();
protect(app);
app.use(express.json());

let nextId = 1;
const jobs = new Map<number, Job>();
const users: User[] = [];

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const sign = (text: string) => createHmac("sha256", secret).update(text).digest("base64url");
const tokenFor = (user: User) => {
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: String(user.id), exp: Math.floor(Date.now() / 1000) + 86400 })}`;
  return `${text}.${sign(text)}`;
};
const userOf = (header: string | undefined): User | undefined => {
  const [head, body, signature] = (header ?? "").replace(/^Bearer /, "").split(".");
  if (!head || !body || !signature) return undefined;
  const [given, own] = [Buffer.from(signature), Buffer.from(sign(`${head}.${body}`))];
  if (given.length !== own.length || !timingSafeEqual(given, own)) return undefined;
  const claims = JSON.parse(Buffer.from(body, "base64url").toString());
  return claims.exp > Date.now() / 1000 ? users.find((user) => String(user.id) === claims.sub) : undefined;
};

app.get("/health", (_req, res) => void res.json({ status: "ok" }));
app.post("/auth/register", (req, res) => {
  const { email, password } = req.body ?? {};
  if (typeof email !== "string" || !email.includes("@") || typeof password !== "string" || password.length < 8)
    return void res.status(400).json({ error: "Email and a password of 8 characters are needed" });
  if (users.some((user) => user.email === email)) return void res.status(409).json({ error: "Email is taken" });
  const user = { id: users.length + 1, email, password: hashPassword(password) };
  users.push(user);
  res.status(201).json({ token: tokenFor(user) });
});
app.post("/auth/login", (req, res) => {
  const { email, password } = req.body ?? {};
  const user = users.find((one) => one.email === email);
  if (!user || !verifyPassword(String(password), user.password))
    return void res.status(401).json({ error: "Wrong email or password" });
  res.json({ token: tokenFor(user) });
});

app.use("/jobs", (req, res, next) => {
  const user = userOf(req.headers.authorization);
  if (!user) return void res.status(401).json({ error: "A valid token is needed" });
  res.locals.user = user;
  next();
});
app.get("/jobs", (_req, res) => void res.json([...jobs.values()].filter((job) => job.owner === res.locals.user.id)));
app.post("/jobs", (req, res) => {
  if (typeof req.body?.name !== "string") return void res.status(400).json({ error: "A name is needed" });
  const job: Job = {
    id: nextId++,
    owner: res.locals.user.id,
    name: req.body.name,
    description: String(req.body.description ?? ""),
    status: "pending",
    created_at: new Date().toISOString(),
  };
  jobs.set(job.id, job);
  res.status(201).json(job);
});
app.get("/jobs/:id", (req, res) => {
  const job = jobs.get(Number(req.params.id));
  if (!job || job.owner !== res.locals.user.id) return void res.status(404).json({ error: "Job not found" });
  res.json(job);
});
app.post("/jobs/:id/upload", (_req, res) => void res.status(501).json({ error: "Not implemented" }));

app.listen(Number(process.env.PORT ?? 8000));
