// The calibration that fits into CI: per baseline the reference, and mutants and variants by turns until the time is up.
// All of it: make calibrate. Minutes per baseline: UNPROMPTED_CI_MINUTES (default below).
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const command = fileURLToPath(new URL("../bin/unprompted.js", import.meta.url));

const minutes = process.env.UNPROMPTED_CI_MINUTES ?? "8";
// Next.js builds each case anew: CI takes the reference, and holes of several areas.
const NEXT = "reference,unsigned-webhook-accepted,foreign-share";
const runs = [
  ["--baseline", "fastapi-jobs", "--budget", minutes],
  ["--baseline", "express-jobs", "--budget", minutes],
  ["--baseline", "nextjs-jobs", "--case", NEXT],
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
