import cors from "cors";
import express, { type RequestHandler } from "express";
import helmet from "helmet";
import { requireAdmin, requireUser } from "./access.ts";
import { admin } from "./admin.ts";
import { auth } from "./auth.ts";
import { config } from "./config.ts";
import { errorHandler, notFound } from "./errors.ts";
import { jobs } from "./jobs.ts";
import { webhooks } from "./webhooks.ts";

// The query string stays out of the log: it holds what users search for.
const logRequests: RequestHandler = (req, res, next) => {
  const started = process.hrtime.bigint();
  res.once("close", () => {
    const ms = Math.round(Number(process.hrtime.bigint() - started) / 1e6);
    const path = req.originalUrl.split("?")[0];
    const time = new Date().toISOString();
    console.log(JSON.stringify({ time, level: "info", ip: req.ip, user: req.user?.id, method: req.method, path, status: res.statusCode, ms }));
  });
  next();
};

const privateAnswers: RequestHandler = (_req, res, next) => {
  res.set({ "Cache-Control": "no-store", "Permissions-Policy": "camera=(), geolocation=(), microphone=()" });
  next();
};

export const app = express();
app.disable("x-powered-by");
app.disable("etag");
app.set("trust proxy", config.TRUST_PROXY_HOPS);

app.use(logRequests);
app.use(
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    frameguard: { action: "deny" },
    hsts: { maxAge: 365 * 24 * 60 * 60, includeSubDomains: true },
  }),
);
app.use(privateAnswers);
app.use(
  cors({
    // A function, since a fixed string would be sent to every other origin as well.
    origin: (origin, done) => done(null, origin === config.ALLOWED_ORIGIN),
    methods: ["GET", "POST", "DELETE"],
    allowedHeaders: ["Authorization", "Content-Type"],
    exposedHeaders: ["Content-Disposition", "Retry-After"],
    maxAge: 600,
  }),
);

app.get("/health", (_req, res) => void res.json({ status: "ok" }));
app.use("/webhooks", webhooks);
app.use(express.json({ limit: "100kb" }));
app.use("/auth", auth);
app.use("/jobs", requireUser, jobs);
app.use("/admin", requireUser, requireAdmin, admin);
app.use(notFound);
app.use(errorHandler);
