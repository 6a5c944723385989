import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { detectRecipe } from "../../src/app/detect.ts";
import { prepareApp } from "../../src/app/prepare.ts";
import { chooseSandbox } from "../../src/sandbox/index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "builds-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** As Vite does: what is written below node_modules while building is read when the app starts, and written again. */
const BUILD = `
  const { mkdirSync, writeFileSync } = require("node:fs");
  mkdirSync("node_modules/.temp", { recursive: true });
  writeFileSync("node_modules/.temp/config.json", JSON.stringify({ answer: "built ${Date.now()}" }));
`;
const START = `
  const { readFileSync, writeFileSync } = require("node:fs");
  const { answer } = JSON.parse(readFileSync("node_modules/.temp/config.json", "utf8"));
  writeFileSync("node_modules/.temp/started", "");
  require("ms");
  require("node:http").createServer((_req, res) => res.end(answer)).listen(process.env.PORT);
`;

test("a builder may write below node_modules, and so may the app, also when it is taken from the cache", async () => {
  const write = (name: string, text: string) => {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  const scripts = { build: "node build.js", start: "node start.js" };
  write("package.json", JSON.stringify({ name: "a", scripts, dependencies: { ms: "2.1.3" } }));
  write("build.js", BUILD);
  write("start.js", START);
  for (const _ of ["built", "from the cache"]) {
    const app = await prepareApp({
      name: "a",
      folder,
      recipe: detectRecipe(folder, {}),
      sandbox: chooseSandbox("auto").sandbox,
    });
    try {
      const instance = app.newInstance();
      expect(await instance.start()).toMatchObject({ kind: "serving" });
      expect(existsSync(join(instance.folder, "node_modules/.temp/started"))).toBe(true);
      expect(existsSync(join(app.dependencies ?? "", ".temp"))).toBe(false);
    } finally {
      await app.dispose();
    }
  }
});
