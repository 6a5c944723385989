// A small app that works, in memory and without packages. `open-jobs` in the file beside it makes every job everybody's.
import { createHmac, timingSafeEqual } from "node:crypto";
import { existsSync } from "node:fs";
import { createServer } from "node:http";

const secret = process.env.JWT_SECRET;
if (!secret) throw new Error("JWT_SECRET is missing");
const openJobs = existsSync(new URL("open-jobs", import.meta.url));

const sign = (input) => createHmac("sha256", secret).update(input).digest();
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

function tokenFor(user) {
  const input = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: user.id, exp: Math.floor(Date.now() / 1000) + 3600 })}`;
  return `${input}.${sign(input).toString("base64url")}`;
}

function userOf(req) {
  try {
    const [head, claims, signature] = (req.headers.authorization ?? "").replace(/^Bearer /, "").split(".");
    const given = Buffer.from(signature, "base64url");
    const wanted = sign(`${head}.${claims}`);
    if (JSON.parse(Buffer.from(head, "base64url")).alg !== "HS256") return undefined;
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
    const { sub, exp } = JSON.parse(Buffer.from(claims, "base64url"));
    return exp > Date.now() / 1000 ? users.find(({ id }) => id === sub) : undefined;
  } catch {
    return undefined;
  }
}

const users = [];
const jobs = [];
let next = 1;

function answer(req, res, given) {
  const send = (status, body) => {
    res.writeHead(status, { "content-type": "application/json" });
    res.end(JSON.stringify(body));
  };
  const { pathname } = new URL(req.url, "http://app");
  if (pathname === "/health") return send(200, { status: "ok" });
  if (pathname === "/auth/register" && req.method === "POST") {
    if (users.some(({ email }) => email === given.email)) return send(409, { error: "Taken" });
    const user = { id: next++, email: given.email, password: given.password };
    users.push(user);
    return send(201, { token: tokenFor(user) });
  }
  if (pathname === "/auth/login" && req.method === "POST") {
    const user = users.find(({ email, password }) => email === given.email && password === given.password);
    return user ? send(200, { token: tokenFor(user) }) : send(401, { error: "Invalid credentials" });
  }
  const me = userOf(req);
  if (!me) return send(401, { error: "Unauthorized" });
  const shown = ({ owner: _, ...job }) => job;
  if (pathname === "/jobs" && req.method === "POST") {
    const { name, description } = given;
    const job = { id: next++, owner: me.id, name, description, status: "pending", created_at: new Date().toISOString() };
    jobs.push(job);
    return send(201, shown(job));
  }
  if (pathname === "/jobs") return send(200, jobs.filter(({ owner }) => owner === me.id).map(shown));
  const job = jobs.find(({ id, owner }) => pathname === `/jobs/${id}` && (openJobs || owner === me.id));
  return job ? send(200, shown(job)) : send(404, { error: "Not found" });
}

createServer((req, res) => {
  let body = "";
  req.on("data", (chunk) => (body += chunk));
  req.on("end", () => {
    try {
      answer(req, res, JSON.parse(body || "{}"));
    } catch {
      res.writeHead(400, { "content-type": "application/json" });
      res.end('{"error":"Bad request"}');
    }
  });
}).listen(Number(process.env.PORT ?? 8000));
