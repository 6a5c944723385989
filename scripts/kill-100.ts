// Kills the harness 100 times (or as often as the first argument says) in the middle of studies with scripted agents, and
// a fifth as often while recorded sessions are evaluated; goes on each time, and compares with an undisturbed run. The
// second argument is the seed. Exit 1 on any difference.
import { Arena, killOften, type Stage } from "../tests/crash/kills.ts";

const [kills = 100, seed = 1] = process.argv.slice(2).map(Number);

async function killed(stage: Stage, conditions: readonly string[], times: number): Promise<boolean> {
  const arena = new Arena(stage, conditions);
  const begun = performance.now();
  const result = await killOften(arena, times, seed, (text) => process.stderr.write(`${stage}: ${text}\n`));
  const { different, orphans, leftovers } = result;
  const seconds = Math.round((performance.now() - begun) / 1000);
  process.stdout.write(
    `${stage}: ${result.kills} kills over ${result.studies} studies and ${result.sessions} sessions (seed ${seed}, ${seconds} s): ${different.length} sessions differ, ${orphans.length} orphan processes, ${leftovers.length} files, mounts or sockets left.\n`,
  );
  for (const line of [...different, ...orphans, ...leftovers]) process.stdout.write(`  ${line}\n`);
  if (different.length === 0) arena.remove();
  return different.length + orphans.length + leftovers.length === 0;
}

const sound = [
  await killed("work", ["bare", "security-defaults"], kills),
  await killed("evaluation", ["bare"], Math.ceil(kills / 5)),
];
process.exit(sound.every(Boolean) ? 0 : 1);
