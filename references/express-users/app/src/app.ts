import express from "express";
import { auth } from "./auth.ts";
import { db, type Profile } from "./database.ts";
import { errorHandler, HttpError } from "./errors.ts";
import { openapi } from "./openapi.ts";

// Columns are named: the table also holds what nobody may see.
const everybody = db.prepare<[], Profile>("SELECT id, name, email, bio FROM users ORDER BY id");
const one = db.prepare<[string], Profile>("SELECT id, name, email, bio FROM users WHERE id = ?");

export const app = express();
app.disable("x-powered-by");
app.use(express.json({ limit: "200kb" }), express.urlencoded({ extended: false, limit: "400kb" }));

app.get("/health", (_req, res) => void res.json({ status: "ok" }));
app.get("/openapi.json", (_req, res) => void res.json(openapi));
app.get("/users", (_req, res) => void res.json(everybody.all()));
app.get("/users/:id", (req, res) => {
  const user = one.get(req.params.id);
  if (!user) throw new HttpError(404, "User not found");
  res.json(user);
});
app.use(auth);
app.use(errorHandler);
