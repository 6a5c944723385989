import { visible } from "./html/visible.js";

/** Anything that an app or agent wrote, made safe for a terminal: control characters and bidi marks become visible symbols; line feeds stay, tabs become two blanks. */
export function plainText(text: string): string {
  return visible(text).replaceAll("\t", "  ");
}

/** The same on one line. */
export const oneLine = (text: string): string =>
  plainText(text)
    .replace(/\s*\n\s*/g, " ")
    .trim();

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1f64f}\u{1f680}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const NO_WIDTH = /[\p{Mn}\p{Me}]/u;

/** Terminal columns that a text without escape sequences takes. */
export function columns(text: string): number {
  let width = 0;
  for (const character of text) width += NO_WIDTH.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/** The start of a text that fits, with an ellipsis where something was cut. */
export function clip(text: string, width: number): string {
  if (columns(text) <= width) return text;
  let out = "";
  for (const character of text) {
    if (columns(out + character) > width - 1) break;
    out += character;
  }
  return `${out}…`;
}

export function pad(text: string, width: number, side: "left" | "right" = "left"): string {
  const blanks = " ".repeat(Math.max(0, width - columns(text)));
  return side === "left" ? text + blanks : blanks + text;
}

function pieces(word: string, width: number): string[] {
  const out: string[] = [];
  let piece = "";
  for (const character of word) {
    if (piece && columns(piece + character) > width) {
      out.push(piece);
      piece = "";
    }
    piece += character;
  }
  return piece ? [...out, piece] : out;
}

/** Breaks text into lines of at most `width` columns, at blanks where it can. */
export function wrap(text: string, width: number): string[] {
  const room = Math.max(8, width);
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(/ +/).flatMap((w) => pieces(w, room))) {
      const longer = line ? `${line} ${word}` : word;
      if (columns(longer) <= room) {
        line = longer;
      } else {
        lines.push(line);
        line = word;
      }
    }
    return [...lines, line];
  });
}

/** A label, then text that wraps and hangs below itself. `width` is that of the whole line. */
export function hanging(label: string, text: string, indent: number, width: number): string[] {
  const [first = "", ...rest] = wrap(text, width - indent);
  return [pad(label, indent) + first, ...rest.map((line) => " ".repeat(indent) + line)];
}

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "magenta" | "cyan";

const CODES: Readonly<Record<Style, [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  magenta: [35, 39],
  cyan: [36, 39],
};

export type Paint = (text: string, ...styles: Style[]) => string;

/** Colours text, or leaves it alone. Apply it after measuring and wrapping. */
export function painter(color: boolean): Paint {
  if (!color) return (text) => text;
  return (text, ...styles) =>
    styles.reduce((inner, style) => `\u001b[${CODES[style][0]}m${inner}\u001b[${CODES[style][1]}m`, text);
}
