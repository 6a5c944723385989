// The one check command: everything that a tool can enforce, side by side, in seconds.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const checks = [
  ["types", "npx", ["tsc", "-p", "."]],
  ["types of the viewer", "npx", ["tsc", "-p", "viewer"]],
  [
    "lint and format",
    "npx",
    ["biome", "ci", "--error-on-warnings", "--colors=off", "--diagnostic-level=warn", "--max-diagnostics=60"],
  ],
  [
    "import directions",
    "npx",
    ["depcruise", "src", "scenarios", "viewer/src", "--config", ".dependency-cruiser.cjs", "--output-type", "err"],
  ],
  ["dead code", "npx", ["knip"]],
  [
    "generated pages and gates",
    "node_modules/.bin/node",
    ["--disable-warning=ExperimentalWarning", "scripts/docs.ts", "--check"],
  ],
];

/** A tool that can no longer read our files finds no fault in them: what each must have seen, or its word counts nothing. */
const MUST_HAVE_SEEN = { "import directions": /\(?\b\d{3,} modules/ };

const run = ([name, file, args]) =>
  new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(file, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    child.on("close", (ended) => {
      const seen = MUST_HAVE_SEEN[name]?.test(output) ?? true;
      if (!seen) output += `\nIt saw next to nothing of the project, so its word counts for nothing.\n`;
      resolve({ name, code: seen ? ended : 1, output, seconds: (performance.now() - started) / 1000 });
    });
  });

const results = await Promise.all(checks.map(run));
for (const { name, code, output, seconds } of results) {
  process.stdout.write(`${code === 0 ? "ok    " : "FAILED"} ${name} (${seconds.toFixed(1)} s)\n`);
  if (code !== 0) process.stdout.write(`${output.trimEnd()}\n`);
}
process.exit(results.every(({ code }) => code === 0) ? 0 : 1);
