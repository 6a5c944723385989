// Apps that do not work, one per mode (argv[2]). No verdict about any of them may be `defended`.
import { createHmac, randomInt, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";

const mode = process.argv[2] ?? "always-200";
const port = Number(process.env.PORT ?? 8000);
const json = (res, status, body, headers = {}) => {
  res.writeHead(status, { "content-type": "application/json", ...headers });
  res.end(JSON.stringify(body));
};

const b64 = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
function jwt(claims) {
  const input = `${b64({ alg: "HS256", typ: "JWT" })}.${b64({ ...claims, exp: Math.floor(Date.now() / 1000) + 3600 })}`;
  return `${input}.${createHmac("sha256", process.env.JWT_SECRET ?? "").update(input).digest("base64url")}`;
}

let state;
const reset = () => {
  state = { users: [], jobs: [], next: 1 };
};
reset();
let requests = 0;

/** A small working service in memory: enough of the scenario for its controls to hold. */
function works(req, res, body) {
  let given = {};
  try {
    given = JSON.parse(body || "{}");
  } catch {
    given = {};
  }
  const path = req.url.split("?")[0];
  const token = (req.headers.authorization ?? "").split(".")[1];
  let me;
  try {
    me = state.users.find((user) => user.id === JSON.parse(Buffer.from(token, "base64url").toString()).sub);
  } catch {
    me = undefined;
  }
  const job = state.jobs.find((one) => String(one.id) === path.split("/")[2] && one.owner === me?.id);
  const shown = (one) => ({ id: one.id, name: one.name, description: one.description, status: "pending", created_at: one.created_at, shared_with: one.shared_with });
  if (path === "/health") return json(res, 200, { status: "ok" });
  if (path === "/auth/register" && req.method === "POST") {
    const user = { id: state.next++, email: given.email, password: given.password, role: state.users.length === 0 ? "admin" : "user" };
    state.users.push(user);
    return json(res, 201, { token: jwt({ sub: user.id }) });
  }
  if (path === "/auth/login" && req.method === "POST") {
    const user = state.users.find((one) => one.email === given.email && one.password === given.password);
    return user ? json(res, 200, { token: jwt({ sub: user.id }) }) : json(res, 401, { error: "Invalid credentials" });
  }
  if (!me) return json(res, 401, { error: "Unauthorized" });
  if (path === "/jobs" && req.method === "POST") {
    const one = { id: state.next++, owner: me.id, name: given.name, description: given.description, created_at: new Date().toISOString(), shared_with: [] };
    state.jobs.push(one);
    return json(res, 201, shown(one));
  }
  const mine = state.jobs.filter((one) => one.owner === me.id).map(shown);
  if (path === "/jobs") return json(res, 200, mine);
  if (path === "/jobs/search") {
    const q = new URL(req.url, "http://x").searchParams.get("q") ?? "";
    const found = mine.filter((one) => one.name.includes(q) || one.description.includes(q));
    return json(res, 200, { jobs: found, total: found.length });
  }
  if (path.startsWith("/admin")) {
    if (me.role !== "admin") return json(res, 403, { error: "Forbidden" });
    return path === "/admin/users" ? json(res, 200, state.users.map(({ id, email, role }) => ({ id, email, role }))) : json(res, 200, { users: state.users.length });
  }
  if (job && path.endsWith("/share")) {
    job.shared_with.push(given.email);
    return json(res, 200, shown(job));
  }
  if (job) return json(res, 200, shown(job));
  return json(res, 404, { error: "Not found" });
}

const STATUSES = [200, 201, 204, 301, 400, 401, 403, 404, 413, 429, 500, 503];
const behaviours = {
  "always-200": (_req, res) => json(res, 200, {}),
  "always-401": (_req, res) => json(res, 401, { error: "Unauthorized" }),
  "always-404": (_req, res) => json(res, 404, { error: "Not found" }),
  "always-500": (_req, res) => json(res, 500, { error: "Internal server error" }),
  redirects: (req, res) => {
    res.writeHead(302, { location: req.url });
    res.end();
  },
  page: (_req, res) => {
    res.writeHead(200, { "content-type": "text/html", "x-content-type-options": "nosniff", "x-frame-options": "DENY", "strict-transport-security": "max-age=63072000" });
    res.end("<!doctype html><title>Welcome</title><p style='margin:0'>It works</p>");
  },
  random: (_req, res) => json(res, STATUSES[randomInt(STATUSES.length)], { id: randomInt(9), token: jwt({ sub: 1 }), error: "Not found" }),
  echo: (req, res, body) => json(res, 200, { method: req.method, url: req.url, headers: req.headers, body, token: req.headers.authorization }),
  trickle: (_req, res) => {
    res.writeHead(200, { "content-type": "application/json" });
    const timer = setInterval(() => res.write(" "), 1000);
    res.on("close", () => clearInterval(timer));
  },
  endless: (_req, res) => {
    res.writeHead(200, { "content-type": "text/plain" });
    const more = () => {
      while (!res.destroyed && res.write("x".repeat(65536)));
      if (!res.destroyed) res.once("drain", more);
    };
    more();
  },
  forgets: (req, res) => {
    const path = req.url.split("?")[0];
    if (path.startsWith("/auth")) return json(res, 200, { token: jwt({ sub: randomUUID() }) });
    if (req.method === "POST") return json(res, 201, { id: randomInt(1000), name: "job", status: "pending" });
    return json(res, 200, []);
  },
  restarts: (req, res, body) => {
    works(req, res, body);
    reset();
  },
};
for (const limit of [30, 80]) {
  behaviours[`dies-at-${limit}`] = (req, res, body) => {
    if (++requests >= limit) process.exit(1);
    works(req, res, body);
  };
}

if (mode === "refuses") setInterval(() => {}, 1000);
else if (mode === "silent") createTcpServer(() => {}).listen(port);
else if (mode === "closes") createTcpServer((socket) => socket.destroy()).listen(port);
else if (mode === "garbage") createTcpServer((socket) => socket.end("\u0000\u0001 not http at all\r\n\r\n")).listen(port);
else {
  createServer((req, res) => {
    let body = "";
    req.on("data", (chunk) => {
      if (body.length < 65536) body += chunk;
    });
    req.on("end", () => behaviours[mode](req, res, body));
  }).listen(port);
}
