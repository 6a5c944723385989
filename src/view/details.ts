import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import type { SessionView, TextView } from "../model/index.ts";
import { planned, type RunFolder } from "../store/index.ts";

const TEXT_BYTES = 2_000_000;

/** A file's first two million bytes as text; undefined when there is none. Broken UTF-8 shows as U+FFFD. */
export function textOf(file: string): TextView | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats?.isFile()) return undefined;
  const fd = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(Math.min(stats.size, TEXT_BYTES));
    const read = readSync(fd, bytes, 0, bytes.length, 0);
    return { text: bytes.subarray(0, read).toString("utf8"), cut: stats.size - read };
  } finally {
    closeSync(fd);
  }
}

export const cutText = (text: string): TextView => ({
  text: text.slice(0, TEXT_BYTES),
  cut: Math.max(0, text.length - TEXT_BYTES),
});

/** The parts of a session that its page shows at once. */
export function sessionView(run: RunFolder, id: string): SessionView {
  const identity = run.plan().sessions.find((session) => session.id === id);
  const record = run.record(id) ?? (identity ? planned(identity) : undefined);
  if (!record) throw new RangeError(`${id} is in no plan`);
  const folder = run.sessionFolder(id);
  const evaluation = run.evaluation(id) ?? null;
  const log = textOf(join(folder, "app.log"))?.text ?? evaluation?.app.log;
  const steps = existsSync(join(folder, "steps"))
    ? readdirSync(join(folder, "steps"))
        .map(Number)
        .sort((a, b) => a - b)
    : [];
  const having = (name: string) => steps.filter((step) => existsSync(join(folder, "steps", String(step), name)));
  return {
    record,
    evaluation,
    appLog: log
      ? { text: log.slice(-TEXT_BYTES) }
      : {
          none: evaluation
            ? "no log was kept: it is kept when an app does not come up"
            : "the app has not been started",
        },
    diffs: having("diff.patch"),
    transcripts: having("transcript.ndjson"),
    scanners: run.scanners(id) ?? null,
  };
}
