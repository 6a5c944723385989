import type { Asked, Reply } from "./asked.ts";
import type { Answer, Script, Trouble, Usage } from "./script.ts";
import { callFor } from "./tools.ts";

/** Where in the script a request stands. */
export interface Place {
  /** From 0. */
  turn: number;
  answer: number;
}

export type Choice =
  | { kind: "answer"; place: Place; answer: Answer; reply: Reply; trouble: Trouble | undefined }
  | { kind: "aside"; reply: Reply }
  | { kind: "refusal"; message: string };

const CLOSING: Answer = { say: "Done.", deeds: [], usage: undefined, eventDelayMs: 0, trouble: [] };
const ID = /t(\d+)a(\d+)n\d+/;

/**
 * Follows conversations through a script. The place is read from the ids of the calls in the conversation itself, so that
 * a client may repeat a request, or go on from a stored conversation, and still gets the answer that is due.
 */
export class Conversation {
  readonly #script: Script;
  readonly #taken = new Map<string, number>();
  readonly #troubled = new Map<Trouble, number>();
  #replies = 0;

  constructor(script: Script) {
    this.#script = script;
  }

  /** The answer that is due. A request without tools is an aside (a title, a summary) and gets one word. */
  choose(asked: Asked): Choice {
    const id = `s${++this.#replies}`;
    const model = this.#script.model ?? asked.model;
    if (asked.tools.size === 0)
      return { kind: "aside", reply: { id, model, say: "Scripted.", calls: [], usage: estimated(asked, "Scripted.") } };
    const place = this.#placeOf(asked);
    if (!place)
      return { kind: "refusal", message: `The script has no turn for the prompt: ${asked.prompt.slice(0, 200)}` };
    const answer = this.#script.turns[place.turn]?.answers[place.answer] ?? CLOSING;
    try {
      const calls = answer.deeds.map((deed, n) => callFor(deed, `call_t${place.turn}a${place.answer}n${n}`, asked));
      const written = `${answer.say ?? ""}${JSON.stringify(calls)}`;
      const reply = { id, model, say: answer.say, calls, usage: answer.usage ?? estimated(asked, written) };
      return { kind: "answer", place, answer, reply, trouble: this.#troubleOf(answer) };
    } catch (error) {
      return {
        kind: "refusal",
        message: `Turn ${place.turn + 1}, answer ${place.answer + 1}: ${error instanceof Error ? error.message : String(error)}`,
      };
    }
  }

  #placeOf(asked: Asked): Place | undefined {
    const last = ID.exec(asked.callsSince.at(-1) ?? "");
    if (last) return { turn: Number(last[1]), answer: Number(last[2]) + 1 };
    const { turns } = this.#script;
    const matching = turns.findIndex(
      ({ when, given }) =>
        (when !== undefined || given !== undefined) &&
        (when === undefined || asked.prompt.includes(when)) &&
        (given === undefined || asked.text.includes(JSON.stringify(given).slice(1, -1))),
    );
    if (matching >= 0) return { turn: matching, answer: 0 };
    const key = `${asked.prompts} ${asked.prompt}`;
    let turn = this.#taken.get(key);
    if (turn === undefined) {
      const unconditional = turns.flatMap(({ when, given }, i) =>
        when === undefined && given === undefined ? [i] : [],
      );
      turn = unconditional[this.#taken.size];
      if (turn === undefined) return undefined;
      this.#taken.set(key, turn);
    }
    return { turn, answer: 0 };
  }

  #troubleOf(answer: Answer): Trouble | undefined {
    for (const trouble of answer.trouble) {
      const had = this.#troubled.get(trouble) ?? 0;
      if (had >= trouble.times) continue;
      this.#troubled.set(trouble, had + 1);
      return trouble;
    }
    return undefined;
  }
}

/** Four characters a token, the usual rule of thumb for English text; good enough for a model that costs nothing. */
const estimated = (asked: Asked, written: string): Usage => ({
  in: Math.ceil(asked.text.length / 4),
  out: Math.max(1, Math.ceil(written.length / 4)),
  cached: 0,
  reasoning: 0,
});
