import { overlapOf } from "../stats/index.ts";
import { consistencyWords, sessionChoices } from "./choices.ts";
import type { ReportInput } from "./input.ts";
import { holesOf } from "./overlap.ts";
import { scannerSentence } from "./terminal-scan.ts";
import { constraintWords, learntOr, lockfileSentence } from "./terminal-supply.ts";

type Table = (header: readonly string[], rows: readonly (readonly string[])[]) => string;

/** Sections of `report.md`: choices, scanners and what they missed, supply chain. `choices.html` has all of it. */
export function choiceSections(input: ReportInput, table: Table, literal: (text: string) => string): string[] {
  const topics = sessionChoices(input.sessions);
  const out: string[] = [];
  if (topics.length > 0)
    out.push(
      "## What the agents chose",
      table(
        ["topic", "choice: sessions", "replicates"],
        topics.map((topic) => [
          literal(topic.topic),
          literal(topic.tally.map(({ choice, sessions }) => `${choice}: ${sessions}`).join("; ")),
          literal(consistencyWords(topic)),
        ]),
      ),
    );
  const scanned = input.sessions.filter((session) => session.scanners);
  if (scanned.length > 0)
    out.push(
      "## What scanners said",
      table(
        ["session", "scanners", "proven holes", "pointed at by a scanner", "findings that no exploit supports"],
        scanned.map((session) => {
          const runs = session.scanners?.runs ?? [];
          const ran = runs.filter(({ state }) => state === "ran");
          const { holes, unsupported } = overlapOf(holesOf(session, input), runs);
          const compared = (n: number) => (ran.length > 0 ? String(n) : "not compared");
          return [
            literal(session.record.identity.id),
            literal(runs.map(scannerSentence).join("; ")),
            String(holes.length),
            compared(holes.filter(({ pointers }) => pointers.length > 0).length),
            compared(unsupported.length),
          ];
        }),
      ),
    );
  const built = input.sessions.flatMap(({ record, supplyChain }) =>
    (supplyChain?.ecosystems ?? []).map((one) => [
      literal(record.identity.id),
      literal(`${one.direct.length} (${constraintWords(one) || "none"})`),
      literal(learntOr(one.transitive, String)),
      literal(lockfileSentence(one)),
      literal(learntOr(one.installScripts, (names) => names.join(", ") || "none")),
      literal(learntOr(one.maintainers, String)),
    ]),
  );
  if (built.length > 0)
    out.push(
      "## What the apps are built from",
      table(["session", "direct", "behind them", "lockfile", "install scripts", "maintainers"], built),
    );
  return out;
}
