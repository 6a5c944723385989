import { describe, expect, test } from "vitest";
import { UserError } from "../../src/util/errors.ts";
import { genuineSessions } from "./genuine.ts";
import { trial } from "./session.ts";

describe("codex", () => {
  genuineSessions("codex");

  test("cannot be made to ask, and says so", async () => {
    const session = trial({ kind: "codex" }, { turns: [{ answers: [{ say: "x" }] }] }, { condition: { mode: "ask" } });
    await expect(session.work()).rejects.toThrow(UserError);
  });
});
