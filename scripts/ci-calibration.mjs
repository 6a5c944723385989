// The calibration that fits into CI: per baseline the reference, and mutants and variants by turns until the time is up.
// All of it: make calibrate. Minutes per baseline: UNPROMPTED_CI_MINUTES (default below).
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const command = fileURLToPath(new URL("../bin/unprompted.js", import.meta.url));

const minutes = Number(process.env.UNPROMPTED_CI_MINUTES ?? 5);
let failed = 0;
for (const baseline of ["fastapi-jobs", "express-jobs", "nextjs-jobs"]) {
  const { status } = spawnSync(
    command,
    ["calibrate", "--baseline", baseline, "--no-degenerate", "--budget", String(minutes)],
    { stdio: ["ignore", "inherit", "inherit"] },
  );
  if (status !== 0) failed++;
}
process.stdout.write(`calibration: ${3 - failed} passed, ${failed} failed\n`);
process.exit(failed ? 1 : 0);
