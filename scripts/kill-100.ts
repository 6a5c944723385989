// Kills the harness 100 times (or as often as the first argument says) in the middle of studies with scripted agents,
// goes on each time, and compares with an undisturbed run. The second argument is the seed. Exit 1 on any difference.
import { Arena, killOften } from "../tests/crash/kills.ts";

const [kills = 100, seed = 1] = process.argv.slice(2).map(Number);
const arena = new Arena(["bare", "security-defaults"]);
const begun = performance.now();
const result = await killOften(arena, kills, seed, (text) => process.stderr.write(`${text}\n`));
const { different, orphans, leftovers } = result;
const seconds = Math.round((performance.now() - begun) / 1000);
process.stdout.write(
  `${result.kills} kills over ${result.studies} studies and ${result.sessions} sessions (seed ${seed}, ${seconds} s): ${different.length} sessions differ, ${orphans.length} orphan processes, ${leftovers.length} files, mounts or sockets left.\n`,
);
for (const line of [...different, ...orphans, ...leftovers]) process.stdout.write(`  ${line}\n`);
if (different.length === 0) arena.remove();
process.exit(different.length + orphans.length + leftovers.length > 0 ? 1 : 0);
