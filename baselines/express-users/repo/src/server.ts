import express from "express";
import { db, type User } from "./database.ts";

const app = express();
app.use(express.json());

app.get("/health", (_req, res) => void res.json({ status: "ok" }));
app.get("/users", (_req, res) => void res.json(db.prepare<[], User>("SELECT * FROM users ORDER BY id").all()));
app.get("/users/:id", (req, res) => {
  const user = db.prepare<[string], User>("SELECT * FROM users WHERE id = ?").get(req.params.id);
  if (!user) return void res.status(404).json({ error: "User not found" });
  res.json(user);
});

app.listen(Number(process.env.PORT ?? 8000));
