// Brings the genuine coding agents that the tests drive, in the versions that they were last seen to work with.
// Safe to run again: what is there already is left alone.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AGENT_KINDS } from "../src/agents/index.ts";
import { agentsFolder } from "../src/cli/agents.ts";

for (const { kind, name, npm, tested } of Object.values(AGENT_KINDS)) {
  const folder = join(agentsFolder(), kind);
  const manifest = join(folder, "node_modules", npm, "package.json");
  const installed = existsSync(manifest)
    ? (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version
    : undefined;
  if (installed === tested) continue;
  process.stdout.write(`Installs ${name} ${tested}\n`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  const { status } = spawnSync(
    "npm",
    ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", `${npm}@${tested}`],
    {
      cwd: folder,
      stdio: "inherit",
      env: { ...process.env, npm_config_dangerously_allow_all_scripts: "true" },
    },
  );
  if (status !== 0) {
    process.stderr.write(`npm could not install ${npm}@${tested} into ${folder}.\n`);
    process.exit(2);
  }
}
