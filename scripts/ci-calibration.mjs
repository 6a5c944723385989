// The calibration beside the tests: per baseline the reference, and mutants and variants by turns until the time is up;
// what there was no time for is named. All of it, whatever the time: make calibrate.
// Minutes for each of FastAPI and Express, and twice as many as for Next.js: UNPROMPTED_CI_MINUTES (default below).
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const command = fileURLToPath(new URL("../bin/unprompted.js", import.meta.url));

const minutes = Number(process.env.UNPROMPTED_CI_MINUTES ?? "8");
const runs = [
  ["--baseline", "fastapi-jobs", "--budget", String(minutes)],
  ["--baseline", "express-jobs", "--budget", String(minutes)],
  // Next.js builds each case anew: fewer of them fit.
  ["--baseline", "nextjs-jobs", "--budget", String(minutes / 2)],
];
let failed = 0;
for (const args of runs) {
  const { status } = spawnSync(command, ["calibrate", "--no-degenerate", ...args], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) failed++;
}
process.stdout.write(`calibration: ${runs.length - failed} passed, ${failed} failed\n`);
process.exit(failed ? 1 : 0);
