import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { detectRecipe } from "../../src/app/index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "go-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const program = (body: string) => `package main\n\nfunc main() {\n\t${body}\n}\n`;
const SERVER = program('http.ListenAndServe(":8000", nil)');

test.each<[string, Record<string, string>, string]>([
  ["the one at the root", { "main.go": SERVER }, "."],
  ["the one that listens", { "cmd/migrate/main.go": program("up()"), "cmd/web/main.go": SERVER }, "./cmd/web"],
  [
    "the one that the README runs",
    { "cmd/a/main.go": SERVER, "cmd/c++/main.go": SERVER, "README.md": "Start it: `go run ./cmd/c++`\n" },
    "./cmd/c++",
  ],
])("of several Go programs builds %s", (_, files, wanted) => {
  for (const [name, text] of Object.entries({ "go.mod": "module x\n", ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  expect(detectRecipe(folder, {}).build).toBe(`go build -o unprompted-server ${wanted}`);
});
