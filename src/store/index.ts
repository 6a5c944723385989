import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AgentEvent, TranscriptLine } from "../model/agent.ts";
import { Delivery } from "../model/delivery.ts";
import { Evidence } from "../model/evidence.ts";
import { ScannerReport } from "../model/scan.ts";
import { Evaluation, SessionRecord, type SessionResult } from "../model/session.ts";
import { Plan, type SessionIdentity } from "../model/study.ts";
import { SupplyChain } from "../model/supply-chain.ts";
import { UserError } from "../util/errors.ts";
import { makeFolder, writeAtomically, writeJson, writePieces } from "../util/files.ts";

/** A run on disk: `plan.json`, and `sessions/<id>/` with `session.json`, `evaluation.json`, `scanners.json`, `supply-chain.json`, `sbom.cdx.json`, `evidence/`, `steps/`. */
export class RunFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Opens a run that exists. Throws UserError("unreadable-run") for a folder that is none. */
  static open(path: string): RunFolder {
    const run = new RunFolder(path);
    if (!existsSync(join(path, "plan.json"))) {
      throw new UserError(
        "unreadable-run",
        `${path} is not a run: it has no plan.json.`,
        "Give the folder that `unprompted run` named, such as runs/demo.",
      );
    }
    run.plan();
    return run;
  }

  plan(): Plan {
    const file = join(this.path, "plan.json");
    try {
      return Plan.parse(JSON.parse(readFileSync(file, "utf8")));
    } catch (error) {
      throw new UserError(
        "unreadable-run",
        `${file} cannot be read: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`,
        "Run the study again; sessions that are done are kept.",
      );
    }
  }

  writePlan(plan: Plan): void {
    writeJson(join(this.path, "plan.json"), plan);
  }

  sessionFolder(id: string): string {
    return join(this.path, "sessions", id);
  }

  record(id: string): SessionRecord | undefined {
    return readParsed(join(this.sessionFolder(id), "session.json"), (value) => SessionRecord.parse(value));
  }

  /** What the agent said last in a step, after all that it did; null where nothing is kept of it. */
  closingMessage(id: string, step: number): string | null {
    const file = join(this.sessionFolder(id), "steps", String(step), "transcript.ndjson");
    if (!existsSync(file)) return null;
    const events = readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .flatMap((line) => eventIn(line) ?? []);
    const acted = events.findLastIndex(({ type }) => type === "tool-call" || type === "tool-result");
    const said = events.slice(acted + 1).flatMap((event) => (event.type === "message" ? [event.text] : []));
    return said.join("\n\n").trim() || null;
  }

  writeRecord(record: SessionRecord): void {
    writeJson(join(this.sessionFolder(record.identity.id), "session.json"), record);
  }

  evaluation(id: string): Evaluation | undefined {
    return readParsed(join(this.sessionFolder(id), "evaluation.json"), (value) => Evaluation.parse(value));
  }

  writeEvaluation(id: string, evaluation: Evaluation): void {
    writeJson(join(this.sessionFolder(id), "evaluation.json"), evaluation);
  }

  scanners(id: string): ScannerReport | undefined {
    return readParsed(join(this.sessionFolder(id), "scanners.json"), (value) => ScannerReport.parse(value));
  }

  writeScanners(id: string, report: ScannerReport): void {
    writeJson(join(this.sessionFolder(id), "scanners.json"), report);
  }

  delivery(id: string): Delivery | undefined {
    return readParsed(join(this.sessionFolder(id), "delivery.json"), (value) => Delivery.parse(value));
  }

  writeDelivery(id: string, delivery: Delivery): void {
    writeJson(join(this.sessionFolder(id), "delivery.json"), delivery);
  }

  /** What people wrote about agents: `notes/<agent>.md`, by the agent's name. */
  notes(): Map<string, string> {
    const folder = join(this.path, "notes");
    if (!existsSync(folder)) return new Map();
    const files = readdirSync(folder)
      .filter((file) => file.endsWith(".md"))
      .sort();
    return new Map(files.map((file) => [file.replace(/\.md$/, ""), readFileSync(join(folder, file), "utf8").trim()]));
  }

  supplyChain(id: string): SupplyChain | undefined {
    return readParsed(join(this.sessionFolder(id), "supply-chain.json"), (value) => SupplyChain.parse(value));
  }

  /** Keeps what a session's app is built from, and the same as a CycloneDX bill of materials. */
  writeSupplyChain(id: string, chain: SupplyChain, bill: string): void {
    writeJson(join(this.sessionFolder(id), "supply-chain.json"), chain);
    writeAtomically(join(this.sessionFolder(id), "sbom.cdx.json"), bill);
  }

  /** The evaluation after one step of a session, from `run --each-step`. */
  stepEvaluation(id: string, step: number): Evaluation | undefined {
    return readParsed(this.#stepFile(id, step), (value) => Evaluation.parse(value));
  }

  writeStepEvaluation(id: string, step: number, evaluation: Evaluation): void {
    writeJson(this.#stepFile(id, step), evaluation);
  }

  #stepFile(id: string, step: number): string {
    return join(this.sessionFolder(id), "steps", String(step), "evaluation.json");
  }

  writeEvidence(id: string, evidence: Evidence): void {
    writeAtomically(join(this.sessionFolder(id), "evidence", `${evidence.id}.json`), JSON.stringify(evidence));
  }

  evidence(id: string, exploit: string): Evidence | undefined {
    return readParsed(join(this.sessionFolder(id), "evidence", `${exploit}.json`), (value) => Evidence.parse(value));
  }

  /**
   * All sessions of the plan, in its order; those not begun have the state `planned`. Their `evaluation`,
   * `scanners` and `supplyChain` are read from disk each time that they are asked for.
   */
  results(): SessionResult[] {
    const texts = new Map<string, string>();
    return this.plan().sessions.map(
      (identity) => new StoredSession(this, sharing(texts, this.record(identity.id) ?? planned(identity))),
    );
  }

  /** Ids of sessions on disk, in the plan or not. */
  sessionIds(): string[] {
    const folder = join(this.path, "sessions");
    return existsSync(folder) ? readdirSync(folder).sort() : [];
  }

  /** Whether a living process holds the lock. */
  isBeingWritten(): boolean {
    const file = join(this.path, ".lock");
    return existsSync(file) && holderLives(file);
  }

  /** Keeps a second run from writing into the same folder. A lock whose holder has died is taken over. */
  lock(): () => void {
    makeFolder(this.path);
    const file = join(this.path, ".lock");
    for (let tries = 0; tries < 3; tries++) {
      try {
        const fd = openSync(file, "wx");
        writeFileSync(fd, String(process.pid));
        closeSync(fd);
        return () => rmSync(file, { force: true });
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== "EEXIST")
          throw new UserError(
            "unwritable-folder",
            `Cannot write ${file}: ${code}.`,
            "Choose another folder with --out.",
          );
      }
      if (holderLives(file)) {
        throw new UserError(
          "locked-run",
          `Another unprompted (process ${readFileSync(file, "utf8")}) is writing ${this.path}.`,
          "Wait for it, or choose another folder with --out.",
        );
      }
      rmSync(file, { force: true });
    }
    throw new UserError("locked-run", `Cannot get hold of ${file}.`);
  }
}

export const planned = (identity: SessionIdentity): SessionRecord => ({
  formatVersion: 1,
  identity,
  state: "planned",
  provenance: null,
  proof: null,
  steps: [],
  problem: null,
  cutShort: null,
  conversation: null,
  overheadMs: null,
  startedAt: null,
  finishedAt: null,
});

function holderLives(file: string): boolean {
  try {
    process.kill(Number(readFileSync(file, "utf8")), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A file that is missing, or that a crash left unreadable, is not there. */
function readParsed<T>(file: string, parse: (value: unknown) => T): T | undefined {
  try {
    return parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

/** The event of a line of a transcript; undefined for one that a crash cut off. */
function eventIn(line: string): AgentEvent | undefined {
  try {
    return TranscriptLine.parse(JSON.parse(line)).event;
  } catch {
    return undefined;
  }
}

/** Writes one report file into a run. */
export function writeReport(run: RunFolder, name: string, pieces: Iterable<string>): string {
  const file = join(run.path, name);
  writePieces(file, pieces);
  return file;
}

/** A session whose evaluation is read whenever it is asked for, so that a run of thousands fits into memory. */
class StoredSession implements SessionResult {
  readonly record: SessionRecord;
  readonly folder: string;
  readonly #run: RunFolder;

  constructor(run: RunFolder, record: SessionRecord) {
    this.#run = run;
    this.record = record;
    this.folder = run.sessionFolder(record.identity.id);
  }

  get evaluation(): Evaluation | null {
    return this.#run.evaluation(this.record.identity.id) ?? null;
  }

  afterStep(step: number): Evaluation | null {
    return this.#run.stepEvaluation(this.record.identity.id, step) ?? null;
  }

  get scanners(): ScannerReport | undefined {
    return this.#run.scanners(this.record.identity.id);
  }

  get delivery(): Delivery | undefined {
    return this.#run.delivery(this.record.identity.id);
  }

  get supplyChain(): SupplyChain | undefined {
    return this.#run.supplyChain(this.record.identity.id);
  }
}

/** The prompts of a scenario stand in every session; in memory each is kept once. */
function sharing(texts: Map<string, string>, record: SessionRecord): SessionRecord {
  const once = (text: string) => {
    const known = texts.get(text);
    if (known === undefined) texts.set(text, text);
    return known ?? text;
  };
  for (const step of record.steps) step.prompt = once(step.prompt);
  return record;
}

export { EventTail, eventLog } from "./events.ts";
