import { createHmac, timingSafeEqual } from "node:crypto";
import { hashPassword, isThrottled, verifyPassword } from "@/lib/security";

type User = { id: number; email: string; password: string };
const users: User[] = ((globalThis as { users?: User[] }).users ??= []);

function secret(): string {
  const value = process.env.JWT_SECRET;
  if (!value) throw new Error("JWT_SECRET is not set");
  return value;
}
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const sign = (text: string) => createHmac("sha256", secret()).update(text).digest("base64url");

function tokenFor(user: User): string {
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: String(user.id), exp: Math.floor(Date.now() / 1000) + 86400 })}`;
  return `${text}.${sign(text)}`;
}

export function userOf(request: Request): User | undefined {
  const [head, body, signature] = (request.headers.get("authorization") ?? "").replace(/^Bearer /, "").split(".");
  if (!head || !body || !signature) return undefined;
  const [given, own] = [Buffer.from(signature), Buffer.from(sign(`${head}.${body}`))];
  if (given.length !== own.length || !timingSafeEqual(given, own)) return undefined;
  const claims = JSON.parse(Buffer.from(body, "base64url").toString());
  return claims.exp > Date.now() / 1000 ? users.find((user) => String(user.id) === claims.sub) : undefined;
}

export const needsToken = () => Response.json({ error: "A valid token is needed" }, { status: 401 });

export async function register(request: Request): Promise<Response> {
  const { email, password } = await request.json().catch(() => ({}));
  if (typeof email !== "string" || !email.includes("@") || typeof password !== "string" || password.length < 8)
    return Response.json({ error: "Email and a password of 8 characters are needed" }, { status: 400 });
  if (users.some((user) => user.email === email)) return Response.json({ error: "Email is taken" }, { status: 409 });
  const user = { id: users.length + 1, email, password: hashPassword(password) };
  users.push(user);
  return Response.json({ token: tokenFor(user) }, { status: 201 });
}

export async function login(request: Request): Promise<Response> {
  if (isThrottled(request)) return Response.json({ error: "Too many tries" }, { status: 429, headers: { "Retry-After": "60" } });
  const { email, password } = await request.json().catch(() => ({}));
  const user = users.find((one) => one.email === email);
  if (!user || !verifyPassword(String(password), user.password))
    return Response.json({ error: "Wrong email or password" }, { status: 401 });
  return Response.json({ token: tokenFor(user) });
}
