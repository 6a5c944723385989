import { AppError } from "../util/errors.ts";
import type { StartResult } from "./instance.ts";
import type { PreparedApp } from "./prepare.ts";
import { isOwnCredential, randomSecret, type Shape, shapeOf, valueFor } from "./setting-values.ts";
import { complaints, saidAbout, settingsNamed } from "./settings-asked.ts";
import { type KnownSettings, knownSettings, settingsRead } from "./settings-known.ts";

export interface SettingChoice {
  name: string;
  value: string;
  why: string;
}

/** Settings that every scenario's prompts name, or that say "this is production" to common frameworks. */
const ALWAYS: readonly [string, string, string][] = [
  ["JWT_SECRET", "secret", "named by the prompt"],
  ["WEBHOOK_SECRET", "secret", "named by the prompt"],
];

const GIVEN = "given by the user";
const DEMANDED = "demanded at start-up";
const ORIGIN = "an origin setting that the app reads";

/** An app may name one missing setting at a time; each start that names a further one leads to another. */
const MAX_STARTS = 16;

/**
 * Starts the app until it serves, filling in the settings that it demands: those that the recipe and the user name, then
 * those that its start-up message names, within the lengths that it states, then all of its example file. Returns what
 * was given, and why each was. Throws AppError("start-failed" | "no-answer") with the app's last lines.
 */
export async function settingsFor(app: PreparedApp): Promise<{ settings: SettingChoice[]; startMs: number }> {
  const known = knownSettings(app.sources, app.readme);
  const chosen = new Chosen(app, known);
  let last: StartResult | undefined;
  for (let attempt = 0; attempt < MAX_STARTS; attempt++) {
    last = await startWith(app, chosen.list());
    if (last.kind === "serving") return { settings: chosen.list(), startMs: last.startMs };
    if (last.kind === "silent") break;
    const { output } = last;
    const named = settingsNamed(output, app.sources, known);
    if (named.filter((name) => chosen.fit(name, saidAbout(name, output), DEMANDED)).length > 0) continue;
    // An origin that we set unasked may be the very thing it refuses.
    if (chosen.withdraw(ORIGIN)) continue;
    const examples = [...known.examples.keys()].filter((name) => !chosen.has(name));
    if (examples.length === 0) break;
    for (const name of examples) chosen.fit(name, "", "in the app's example file");
  }
  throw startError(last);
}

/**
 * Settings that an app which serves still lacks: those of which `log` says so, or else every credential of its own that
 * its files name and that it was not given. Empty when there are none.
 */
export function lackingSettings(app: PreparedApp, log: string): SettingChoice[] {
  const known = knownSettings(app.sources, app.readme);
  const given = new Set(app.settings.map(({ name }) => name));
  const complained = complaints(log);
  const choose = (names: readonly string[], why: string): SettingChoice[] =>
    names
      .filter((name) => !given.has(name))
      .map((name) => {
        const said = [saidAbout(name, complained), known.saidOf(name)].join("\n");
        return { name, value: valueFor(shapeOf(name, { example: known.examples.get(name), said })), why };
      });
  const named = choose(settingsNamed(complained, app.sources, known), "the app says that it is missing");
  return named.length > 0 ? named : choose([...known.names].filter(isOwnCredential), "a credential that the app reads");
}

async function startWith(app: PreparedApp, settings: readonly SettingChoice[]): Promise<StartResult> {
  const instance = app.newInstance({ settings: Object.fromEntries(settings.map(({ name, value }) => [name, value])) });
  try {
    return await instance.start();
  } finally {
    await instance.dispose();
    app.options.signal?.throwIfAborted();
  }
}

/** What an app is given so far; what it complains of again is made to fit what it says. */
class Chosen {
  readonly #known: KnownSettings;
  readonly #settings = new Map<string, SettingChoice>();
  /** What was tried of each setting. */
  readonly #tried = new Map<string, Set<string>>();
  readonly #withdrawn = new Set<string>();

  constructor(app: PreparedApp, known: KnownSettings) {
    this.#known = known;
    const { settings = {}, recipe } = app.options;
    for (const [name, value] of Object.entries(settings)) this.#set(name, value, GIVEN);
    for (const [name, value] of Object.entries(recipe.settings))
      this.#set(name, value === "secret" ? randomSecret() : value, "named by the recipe");
    for (const [name, value, why] of ALWAYS) this.#set(name, value === "secret" ? randomSecret() : value, why);
    for (const [name, value] of originSettings(app.sources, known.examples)) this.#set(name, value, ORIGIN);
  }

  list(): SettingChoice[] {
    return [...this.#settings.values()];
  }

  has(name: string): boolean {
    return this.#settings.has(name) || this.#withdrawn.has(name);
  }

  /** Gives a setting a value that fits what is said of it. False when that was tried before, or the user gave another. */
  fit(name: string, said: string, why: string): boolean {
    const before = this.#settings.get(name);
    if (before?.why === GIVEN) return false;
    const shape = shapeOf(name, { example: this.#known.examples.get(name), said });
    if (before && (shape.kind === "fixed" ? shape.value === before.value : isWithin(shape, before.value))) return false;
    const tried = this.#tried.get(name) ?? new Set();
    if (tried.has(JSON.stringify(shape))) return false;
    this.#tried.set(name, tried.add(JSON.stringify(shape)));
    this.#settings.set(name, { name, value: valueFor(shape), why: before?.why ?? why });
    return true;
  }

  /** Takes back what was given for a reason. False when there was none. */
  withdraw(reason: string): boolean {
    const taken = this.list().filter(({ why }) => why === reason);
    for (const { name } of taken) {
      this.#settings.delete(name);
      this.#withdrawn.add(name);
    }
    return taken.length > 0;
  }

  #set(name: string, value: string, why: string): void {
    if (!this.#settings.has(name)) this.#settings.set(name, { name, value, why });
  }
}

const isWithin = ({ min, max }: Shape, value: string) => value.length >= min && value.length <= max;

function startError(last: StartResult | undefined): AppError {
  if (last?.kind === "ended") {
    const { exit } = last;
    const how = exit.limit
      ? `was ended for its ${exit.limit}`
      : `ended with ${exit.signal ? `signal ${exit.signal}` : `exit code ${exit.code}`}`;
    return new AppError("start-failed", `The app ${how} before it answered.`, last.output);
  }
  const output = last?.kind === "silent" ? last.output : "";
  const listening = last?.kind === "silent" ? last.listening : [];
  return new AppError(
    "no-answer",
    listening.length
      ? `The app listens on port ${listening.join(", ")} but never gave a whole HTTP answer.`
      : "The app runs but listens on no port.",
    output,
  );
}

const FRONT_END = "https://app.datapipeline.io";

/** An operator sets the origin where the app has no such default of its own. */
function originSettings(
  sources: ReadonlyMap<string, string>,
  examples: ReadonlyMap<string, string>,
): [string, string][] {
  const isOrigin = (name: string) =>
    /(ORIGIN|CORS)/i.test(name) && !/(REGEX|METHOD|HEADER|CREDENTIAL|MAX_AGE|ENABLE)/i.test(name);
  const value = (name: string, example: string | undefined) => valueFor(shapeOf(name, { example, said: "" }));
  const code = [...sources].filter(([file]) => !/env/.test(file.split("/").pop() ?? ""));
  const hasDefault = code.some(([, text]) => text.includes(FRONT_END));
  const shown = [...examples].filter(([name, shows]) => isOrigin(name) && (shows.includes(FRONT_END) || !hasDefault));
  if (shown.length > 0) return shown.map(([name, shows]) => [name, value(name, shows)]);
  if (hasDefault) return [];
  return [...settingsRead(sources)].filter(isOrigin).map((name) => [name, FRONT_END]);
}
