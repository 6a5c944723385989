import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type {
  CatalogueEntry,
  ChoiceCount,
  LiveView,
  Plan,
  RunSnapshot,
  RunView,
  SessionRow,
  ViewMessage,
} from "../model/index.ts";
import { EventTail, type RunFolder } from "../store/index.ts";
import { writeAtomically } from "../util/files.ts";
import { LiveState } from "./live.ts";
import { Columns, choicesOf, plannedRow, RowEvaluation, rowOf, runView } from "./rows.ts";

/** Sessions looked at before others get their turn. */
const BATCH = 50;
const CACHE_VERSION = 2;

const ROW_FILES = ["session.json", "evaluation.json", "delivery.json"];

interface Kept {
  /** Size and time of the files that a row is made of: while they stay, so does the row. */
  stamp: string;
  row: SessionRow;
  choices: [topic: string, choice: string][];
}

/**
 * A run as the matrix shows it, kept in step with its folder. Reading ten thousand sessions takes seconds, so it goes on
 * beside everything else, listeners hear of each batch, and what was read is cached by size and time of its files.
 */
export class RunReader {
  readonly run: RunFolder;
  readonly name: string;
  readonly #catalogue: readonly CatalogueEntry[];
  readonly #cacheFile: string;
  readonly #listeners = new Set<(message: ViewMessage) => void>();
  readonly #tail: EventTail;
  readonly #live = new LiveState();
  #plan: Plan;
  #planStamp = "";
  #columns: Columns;
  #places = new Map<string, number>();
  #kept: (Kept | undefined)[] = [];
  #reading: { done: number; of: number } | null = null;
  #wasLive = false;
  #refreshing: Promise<void> | null = null;

  constructor(run: RunFolder, catalogue: readonly CatalogueEntry[], cacheFolder: string) {
    this.run = run;
    this.name = basename(resolve(run.path));
    this.#catalogue = catalogue;
    const key = createHash("sha256").update(resolve(run.path)).digest("hex").slice(0, 16);
    this.#cacheFile = join(cacheFolder, `${key}.json`);
    this.#tail = new EventTail(run);
    this.#plan = run.plan();
    this.#columns = new Columns(catalogue);
    this.#takePlan(this.#plan);
    this.#planStamp = stampOf(join(run.path, "plan.json"));
    this.#fromCache();
  }

  /** Hears everything from the beginning, then every change. Returns a function that ends it. */
  subscribe(listener: (message: ViewMessage) => void): () => void {
    listener({ type: "run", run: this.view() });
    for (let at = 0; at < this.#kept.length; at += 500) {
      const rows = this.#kept.slice(at, at + 500).flatMap((kept, i) => (kept ? [[at + i, kept.row] as const] : []));
      if (rows.length) listener({ type: "rows", rows: rows.map(([place, row]) => [place, row]) });
    }
    listener({ type: "choices", choices: this.choices() });
    if (this.#reading) listener({ type: "reading", ...this.#reading });
    listener({ type: "live", live: this.#liveView(), at: new Date().toISOString() });
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  view(): RunView {
    return runView(this.name, this.#plan, this.#columns, this.run.notes());
  }

  rows(): SessionRow[] {
    return this.#plan.sessions.map((identity, place) => this.#kept[place]?.row ?? plannedRow(identity));
  }

  snapshot(): RunSnapshot {
    return { run: this.view(), rows: this.rows(), choices: this.choices() };
  }

  has(session: string): boolean {
    return this.#places.has(session);
  }

  choices(): ChoiceCount[] {
    const counts = new Map<string, ChoiceCount>();
    for (const kept of this.#kept) {
      if (!kept) continue;
      for (const [topic, choice] of kept.choices) {
        const { agent } = kept.row;
        const key = JSON.stringify([topic, choice, agent]);
        const known = counts.get(key);
        if (known) known.sessions++;
        else counts.set(key, { topic, choice, agent, sessions: 1 });
      }
    }
    return [...counts.values()].sort((a, b) => a.topic.localeCompare(b.topic) || b.sessions - a.sessions);
  }

  /** Looks at the folder again; calls that come meanwhile share one pass. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#pass().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  /** What a reader should look at often: a run that goes on, or one that was not read to the end. */
  get busy(): boolean {
    return this.#wasLive || this.run.isBeingWritten();
  }

  async #pass(): Promise<void> {
    this.#planAgain();
    const changed = await this.#readChanged();
    const { anew, events } = this.#tail.next();
    if (anew) this.#live.clear();
    for (const event of events) this.#live.take(event);
    const live = this.run.isBeingWritten();
    if (live !== this.#wasLive || (live && (events.length > 0 || anew))) {
      this.#wasLive = live;
      this.#tell({ type: "live", live: this.#liveView(), at: new Date().toISOString() });
    }
    if (changed) {
      this.#tell({ type: "choices", choices: this.choices() });
      this.#toCache();
    }
  }

  #liveView(): LiveView | null {
    return this.run.isBeingWritten() ? this.#live.view() : null;
  }

  #planAgain(): void {
    const stamp = stampOf(join(this.run.path, "plan.json"));
    if (stamp === this.#planStamp) return;
    this.#planStamp = stamp;
    const before = JSON.stringify(this.#plan);
    const plan = this.run.plan();
    if (JSON.stringify(plan) === before) return;
    this.#takePlan(plan);
    this.#tell({ type: "run", run: this.view() });
  }

  #takePlan(plan: Plan): void {
    const known = new Map(this.#kept.flatMap((kept) => (kept ? [[kept.row.id, kept]] : [])));
    this.#plan = plan;
    this.#places = new Map(plan.sessions.map(({ id }, place) => [id, place]));
    this.#kept = plan.sessions.map(({ id }) => known.get(id));
  }

  /** Reads sessions whose files are newer than what is known, a batch at a time. True when anything changed. */
  async #readChanged(): Promise<boolean> {
    const { sessions } = this.#plan;
    let changed = false;
    const rows: [number, SessionRow][] = [];
    const columnsBefore = this.#columns.entries.length;
    let columnsTold = columnsBefore;
    const flush = () => {
      if (this.#columns.entries.length !== columnsTold) {
        columnsTold = this.#columns.entries.length;
        this.#tell({ type: "run", run: this.view() });
      }
      if (rows.length) this.#tell({ type: "rows", rows: rows.splice(0) });
    };
    for (const [place, identity] of sessions.entries()) {
      if (place % BATCH === BATCH - 1) {
        if (changed) {
          this.#reading = { done: place, of: sessions.length };
          this.#tell({ type: "reading", ...this.#reading });
        }
        if (rows.length >= 250) flush();
        await nextTurn();
      }
      const folder = this.run.sessionFolder(identity.id);
      const stamp = ROW_FILES.map((name) => stampOf(join(folder, name))).join(" ");
      const kept = this.#kept[place];
      if (kept?.stamp === stamp) continue;
      const record = this.run.record(identity.id);
      const evaluation = readEvaluation(join(folder, "evaluation.json"));
      const row = record
        ? rowOf(record, evaluation, this.run.delivery(identity.id), this.#columns)
        : plannedRow(identity);
      this.#kept[place] = { stamp, row, choices: row.verdicts ? choicesOf(evaluation) : [] };
      rows.push([place, row]);
      changed = true;
    }
    flush();
    if (this.#reading) {
      this.#reading = null;
      this.#tell({ type: "reading", done: sessions.length, of: sessions.length });
    }
    return changed;
  }

  #tell(message: ViewMessage): void {
    for (const listener of this.#listeners) listener(message);
  }

  /** A cache of this version and these columns; anything else is read anew. */
  #fromCache(): void {
    if (!existsSync(this.#cacheFile)) return;
    try {
      const cache = JSON.parse(readFileSync(this.#cacheFile, "utf8")) as {
        version: number;
        path: string;
        catalogue: string[];
        added: CatalogueEntry[];
        kept: Kept[];
      };
      if (cache.version !== CACHE_VERSION || cache.path !== resolve(this.run.path)) return;
      if (JSON.stringify(cache.catalogue) !== JSON.stringify(this.#catalogue.map(({ id }) => id))) return;
      for (const entry of cache.added) this.#columns.placeOf(entry);
      for (const kept of cache.kept) {
        const place = this.#places.get(kept.row.id);
        if (place !== undefined) this.#kept[place] = kept;
      }
    } catch {
      this.#columns = new Columns(this.#catalogue);
      this.#kept = this.#plan.sessions.map(() => undefined);
    }
  }

  #toCache(): void {
    if (this.#plan.sessions.length < BATCH) return;
    try {
      writeAtomically(
        this.#cacheFile,
        JSON.stringify({
          version: CACHE_VERSION,
          path: resolve(this.run.path),
          catalogue: this.#catalogue.map(({ id }) => id),
          added: this.#columns.entries.slice(this.#catalogue.length),
          kept: this.#kept.filter((kept) => kept !== undefined),
        }),
      );
    } catch {
      // A cache that cannot be written costs time only.
    }
  }
}

function readEvaluation(file: string): RowEvaluation | undefined {
  try {
    return RowEvaluation.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

function stampOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats ? `${stats.mtimeMs}:${stats.size}` : "-";
}
