import type { Tier } from "../model/index.ts";
import type { Figures, SessionFigures } from "./figures.ts";
import type { ReportInput } from "./input.ts";
import { count, listed, TIER_WORDS } from "./words.ts";

/** The result in one or two sentences, each figure with what it is out of. */
export function headline(figures: Figures): string[] {
  const { sessions, tiers } = figures.overall;
  if (sessions.measured === 0)
    return [`Nothing was measured: none of ${count(sessions.planned, "session")} gave verdicts.`];
  const sentence = (tier: Tier) => {
    const tally = tiers[`tier${tier}`];
    if (tally.planned === 0) return [];
    return [`${tally.defended} of ${tally.planned} ${TIER_WORDS[tier].many} held (${tally.percent} %).`];
  };
  return [...sentence(1), ...sentence(2), ...sentence(3)];
}

const cutShort = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

function named(sessions: readonly SessionFigures[]): string {
  const shown = sessions.slice(0, 8).map((s) => `${s.id} (${s.failure?.stage})`);
  return sessions.length > 8 ? `${shown.join(", ")} and ${sessions.length - 8} more` : listed(shown);
}

/** What the reader must not conclude, because it was not measured. */
export function notMeasured(input: ReportInput, figures: Figures): string[] {
  const notes: string[] = [];
  const { sessions, overall, tests, analysis } = figures;
  const measured = sessions.filter((s) => s.tiers);
  const without = sessions.filter((s) => !s.tiers);
  if (without.length) {
    notes.push(
      `${without.length} of ${count(sessions.length, "session")} gave no verdicts and ${without.length === 1 ? "is" : "are"} in no rate: ${named(without)}.`,
    );
  }
  const sum = (pick: (t: (typeof tests)[number]) => number) => tests.reduce((total, t) => total + pick(t), 0);
  const broken = sum((t) => t.tally.broken);
  const inconclusive = sum((t) => t.tally.inconclusive);
  const notApplicable = sum((t) => t.tally.notApplicable);
  const missing = sum((t) => measured.length - t.tally.planned - t.tally.notApplicable);
  if (broken) {
    notes.push(
      `${count(broken, "verdict is", "verdicts are")} broken: the feature did not work, so the attack could not be tried. Such tests count as planned, not as tested, and never as held.`,
    );
  }
  if (inconclusive) {
    notes.push(
      `${count(inconclusive, "verdict is", "verdicts are")} inconclusive: the harness could not decide. They count as planned, not as tested, and never as held.`,
    );
  }
  if (notApplicable) notes.push(`${count(notApplicable, "verdict is", "verdicts are")} not applicable and in no rate.`);
  if (missing)
    notes.push(
      `${count(missing, "test was", "tests were")} not run in a measured session and ${missing === 1 ? "is" : "are"} in no rate.`,
    );
  for (const tier of [1, 2, 3] as const) {
    if (!input.plan.study.tiers.includes(tier) && overall.tiers[`tier${tier}`].planned === 0) {
      notes.push(`${TIER_WORDS[tier].short} (${TIER_WORDS[tier].means}) was not part of this study.`);
    }
  }
  notes.push(...aboutSessions(sessions, measured));
  notes.push(...analysis.notes, ...aboutScanners(sessions));
  return notes;
}

/** Per scanner, in how many sessions it ran with what, and why it did not run in others. */
function aboutScanners(sessions: readonly SessionFigures[]): string[] {
  const asked = sessions.filter((s) => s.scanners !== null);
  if (asked.length === 0) return ["Outside scanners: not run: none was asked for."];
  const runs = Map.groupBy(
    asked.flatMap((s) => s.scanners ?? []),
    (run) => run.scanner,
  );
  return [...runs].map(([scanner, all]) => {
    const ran = all.flatMap(({ findings }) => findings ?? []);
    const reasons = [...new Set(all.flatMap(({ reason }) => reason ?? []))].map(cutShort);
    const silent = all.length - ran.length;
    const said = ran.length
      ? `${count(
          ran.reduce((a, b) => a + b, 0),
          "finding",
        )} in ${count(ran.length, "run")}`
      : "no run";
    const not = silent
      ? `; not run ${silent === 1 ? "once" : `${silent} times`}: ${reasons.slice(0, 3).join("; ")}`
      : "";
    return `Scanner ${scanner}: ${said} of ${all.length}${not}. Findings are no verdicts and in no rate.`;
  });
}

/** What was ended or never begun for a limit, and costs that no agent reported. */
function aboutLimits(sessions: readonly SessionFigures[], measured: readonly SessionFigures[]): string[] {
  const notes: string[] = [];
  const short = sessions.filter((s) => s.cutShort !== null);
  if (short.length)
    notes.push(
      `${count(short.length, "session was", "sessions were")} not given every prompt: ${listed(short.slice(0, 3).map((s) => `${s.id} (${cutShort(s.cutShort ?? "")})`))}${short.length > 3 ? ", …" : ""}`,
    );
  const ends = sessions.flatMap((s) => s.unfinishedSteps);
  if (ends.length) {
    const kinds = [...Map.groupBy(ends, (end) => end)].map(([end, all]) => `${all.length} ${end}`);
    notes.push(
      `${count(ends.length, "step")} did not finish by ${ends.length === 1 ? "itself" : "themselves"} (${listed(kinds)}). What was done until then is what was attacked.`,
    );
  }
  const dates = [...new Set(measured.flatMap((s) => s.pricesDated))].sort();
  if (dates.length) {
    const priced = measured.filter((s) => s.pricesDated.length > 0).length;
    notes.push(
      `The cost of ${count(priced, "session")} is not the agent's own: it is tokens times a price table of ${listed(dates)}.`,
    );
  }
  return notes;
}

function aboutSessions(sessions: readonly SessionFigures[], measured: readonly SessionFigures[]): string[] {
  const notes: string[] = [];
  const replayed = sessions.filter((s) => s.identity.agentKind === "replay");
  if (replayed.length) {
    const makers = [...new Set(replayed.map((s) => cutShort(s.provenance?.madeBy ?? "an unrecorded maker")))];
    const who =
      replayed.length === sessions.length
        ? "Every session replays"
        : `${count(replayed.length, "session replays", "sessions replay")}`;
    notes.push(
      `${who} a recording, so no agent worked during this run. The recorded code was made by ${listed(makers)}.`,
    );
  }
  const scripted = sessions.filter((s) => s.provenance?.agent?.scripted);
  if (scripted.length)
    notes.push(
      `In ${count(scripted.length, "session")} a script answered in the place of a model: what they say about security was written into it.`,
    );
  notes.push(...aboutLimits(sessions, measured));
  const cells = new Set(sessions.map((s) => `${s.identity.agent}\n${s.identity.baseline}\n${s.identity.condition}`));
  if (sessions.length > 0 && cells.size === sessions.length) {
    notes.push(
      "There is one session for each agent, baseline and condition: how much repeated sessions differ was not measured.",
    );
  }
  const noModel = sessions.filter((s) => s.identity.model === null).length;
  if (noModel) notes.push(`The model is not known for ${noModel} of ${count(sessions.length, "session")}.`);
  const noCost = measured.filter((s) => s.tokensIn === null || s.costUsd === null).length;
  if (noCost)
    notes.push(`Tokens or cost were not reported for ${noCost} of ${count(measured.length, "measured session")}.`);
  const noTime = measured.filter((s) => s.agentSeconds === null).length;
  if (noTime)
    notes.push(`The agent's working time is not known for ${noTime} of ${count(measured.length, "measured session")}.`);
  const noDecision = measured.filter((s) => s.passwordHashing === null || s.jwt === null).length;
  if (noDecision)
    notes.push(
      `Password hashing or JWT handling was not determined for ${noDecision} of ${count(measured.length, "measured session")}.`,
    );
  return notes;
}
