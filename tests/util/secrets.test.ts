import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { writeAtomically } from "../../src/util/files.ts";
import { keepSecret, keepSecretsIn, keepSecretsOf, redact, redacting } from "../../src/util/secrets.ts";

const folder = mkdtempSync(join(tmpdir(), "unprompted-secrets-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const secret = 'Zp+9/q"tricky\\one=77aa';
keepSecret("MODEL_KEY", secret);

describe("kept secrets", () => {
  it.each([
    ["as it is", secret],
    ["within JSON", JSON.stringify({ key: secret })],
    ["within a URL", `https://x.example/?key=${encodeURIComponent(secret)}`],
    ["as Basic credentials", `Authorization: Basic ${Buffer.from(`user:${secret}`).toString("base64")}`],
    ["as base64, other alignment", Buffer.from(`ab${secret}xyz`).toString("base64")],
    ["as base64url", Buffer.from(`a${secret}`).toString("base64url")],
  ])("are found %s", (_, given) => {
    const out = redact(given);
    expect(out).toContain("[redacted MODEL_KEY]");
    expect(out).not.toContain(secret.slice(0, 12));
  });

  it("are taken from variables by name, and from credential files by length", () => {
    keepSecretsOf({ OTHER_API_KEY: "value-of-other-key", PATH: "/usr/local/bin:/usr/bin" });
    keepSecretsIn("credentials", '{"claims": {"accessToken": "abcdefghij.klmnopqrst.uvw", "kind": "short"}}');
    expect(redact("value-of-other-key /usr/local/bin:/usr/bin abcdefghij.klmnopqrst.uvw kind short")).toBe(
      "[redacted OTHER_API_KEY] /usr/local/bin:/usr/bin [redacted credentials] kind short",
    );
  });

  it.each([
    "sk-ant-api03-abcdefghijklmnopqrstuvwx",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "AKIAIOSFODNN7EXAMPLE",
    "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
  ])("are known by their provider's format: %s", (key) => {
    expect(redact(`before ${key} after`)).toMatch(/^before \[redacted an? [\w ]+\] after$/);
  });

  it("leave ordinary text alone", () => {
    const plain =
      "task-list sk-1 risk-assessment-of-everything-we-have-ever-seen-here AKIA $2b$12$abcdefghijklmnopqrstuv";
    expect(redact(plain)).toBe(plain);
  });

  it("never reach a file, nor a stream in whatever pieces they come", async () => {
    writeAtomically(join(folder, "x"), `a ${secret} b`);
    expect(readFileSync(join(folder, "x"), "utf8")).toBe("a [redacted MODEL_KEY] b");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(200), { maxLength: 12 }), async (cuts) => {
        const whole = Buffer.from(`first ünï\n{"a": ${JSON.stringify(secret)}}\n${"x".repeat(50)}${secret}`);
        const stream = redacting();
        const out = text(stream);
        let at = 0;
        for (const cut of [...cuts].sort((a, b) => a - b)) {
          if (cut < at || cut > whole.length) continue;
          stream.write(whole.subarray(at, cut));
          at = cut;
        }
        stream.end(whole.subarray(at));
        expect(await out).toBe(`first ünï\n{"a": "[redacted MODEL_KEY]"}\n${"x".repeat(50)}[redacted MODEL_KEY]`);
      }),
      { numRuns: 50 },
    );
  });
});
