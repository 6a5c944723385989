import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { detectRecipe } from "../../src/app/index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rust-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (files: Record<string, string>) => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
};
const SERVER = "#[tokio::main]\nasync fn main() { axum::serve(listener, app).await.unwrap(); }\n";
const TOOL = "fn main() {}\n";
const JOBS = '[package]\nname = "jobs"\n';

test.each<[string, Record<string, string>, string]>([
  ["the package's own", { "Cargo.toml": JOBS, "src/main.rs": SERVER }, "jobs"],
  [
    "the one with a name of its own",
    { "Cargo.toml": `${JOBS}[[bin]]\nname = "api"\npath = "src/main.rs"\n`, "src/main.rs": SERVER },
    "api",
  ],
  ["the one that listens", { "Cargo.toml": JOBS, "src/bin/seed.rs": TOOL, "src/bin/web/main.rs": SERVER }, "web"],
  [
    "the one that runs by default",
    { "Cargo.toml": `${JOBS}default-run = "front"\n`, "src/bin/back.rs": SERVER, "src/bin/front.rs": TOOL },
    "front",
  ],
  [
    "the one that the README runs",
    {
      "Cargo.toml": JOBS,
      "src/bin/one.rs": SERVER,
      "src/bin/two.rs": SERVER,
      "README.md": "`cargo run --release --bin two`",
    },
    "two",
  ],
  [
    "the one of a workspace's member",
    {
      "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n',
      "crates/core/Cargo.toml": '[package]\nname = "core-of-it"\n',
      "crates/core/src/lib.rs": "",
      "crates/web/Cargo.toml": '[package]\nname = "web-of-it"\n',
      "crates/web/src/main.rs": SERVER,
    },
    "web-of-it",
  ],
])("of a Rust project's binaries starts %s", (_, files, wanted) => {
  write(files);
  expect(detectRecipe(folder, {})).toMatchObject({
    build: `cargo build --release --bin ${wanted}`,
    start: `exec ./target/release/${wanted}`,
  });
});

test("a Cargo.toml that cannot be read is named", () => {
  write({ "Cargo.toml": "[package\n" });
  expect(() => detectRecipe(folder, {})).toThrow("Cargo.toml is not TOML");
});
