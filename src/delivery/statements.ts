/** One sentence of a message, or one item of a list in it. */
export interface Statement {
  text: string;
  /** The heading, or the words before a list, that it stands under. */
  under: string | null;
  /** False for what is no sentence by itself, such as an item of two words. */
  whole: boolean;
  /** Words that lead into what follows: "Set JWT_SECRET before you start it:". */
  leads: boolean;
}

const ITEM = /^\s*(?:[-*+•]|\d+[.)])\s+/;
const TITLE = /^\s*#+\s+/;

/**
 * The statements of a text in Markdown, in order. A heading states nothing by itself: it is told with what stands under it,
 * and with nothing under it is left out. Words that lead into what follows are marked as such.
 */
export function statementsOf(markdown: string): Statement[] {
  const out: Statement[] = [];
  const lines = markdown.split("\n");
  let title: string | null = null;
  let lead: string | null = null;
  let heads = false;
  let listed = false;
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const text = plain(line);
    const item = ITEM.test(line);
    const next = lines.slice(i + 1).find((one) => one.trim() !== "");
    if (TITLE.test(line)) {
      [title, lead, listed] = [withoutColon(text), null, false];
    } else if (!item && (isBold(line) || isLead(text, next))) {
      heads = isBold(line) || BARE.test(withoutColon(text));
      if (!heads) out.push({ text, under: title, whole: true, leads: true });
      [lead, listed] = [withoutColon(text), false];
    } else {
      // A paragraph is not about what led into a list: neither behind one, nor where none came.
      if (!item && !/^\s/.test(line) && (listed || !heads)) lead = null;
      listed = item;
      out.push(
        ...sentencesOf(text).map((one) => ({ text: one, under: lead ?? title, whole: isSentence(one), leads: false })),
      );
    }
  }
  return out;
}

const plain = (line: string) =>
  line
    .replace(ITEM, "")
    .replace(TITLE, "")
    .replaceAll(/\*\*|__|`/g, "")
    .trim();

const withoutColon = (text: string) => text.replace(/\s*:$/, "");

const isBold = (line: string): boolean =>
  !/[.!?]["')]*(?:\*\*|__)\s*$/.test(line) && /^\s*(\*\*|__)(?:(?!\1).)+\1\s*:?\s*(?:\([^)]*\)[^.!?]*)?$/.test(line);

/** What stands above limits that are told, and is no limit itself, however it is set. */
const BARE =
  /^(?:what (?:it|this|the app|i) (?:do|does|did)(?:n't| not) \w+|(?:known |current )?(?:limits?(?: to know(?: about)?)?|limitations?|caveats?)|(?:things? )?not (?:included|done|implemented|covered|handled)(?: yet)?|out of scope|left out|before (?:production|deploy\w*|going live))$/i;

/** Words that lead into the list behind them: they end with a colon, or with nothing. */
const isLead = (text: string, next: string | undefined): boolean =>
  BARE.test(withoutColon(text)) ||
  (/:$/.test(text) && !/[.!?]\s/.test(text)) ||
  (!/[.!?:]["')]*$/.test(text) && next !== undefined && ITEM.test(next));

const sentencesOf = (text: string): string[] =>
  text
    .split(/(?<=[.!?])(?<!\b(?:e\.g|i\.e|etc)\.)\s+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "");

const isSentence = (text: string): boolean => /[.!?]["')]*$/.test(text) || text.split(/\s+/).length > 8;
