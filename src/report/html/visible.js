/**
 * Characters that change how text around them is shown, or that are not seen at all: controls (C0, DEL, C1), bidi
 * marks, zero-width and other invisible format characters, line separators, tag characters, unpaired surrogates.
 * Line feed and tab are left alone.
 */
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]|\u034f|\p{Surrogate}/gu;

const codeOf = (character) => (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");

/** The symbol that stands for one such character: `␛` for a C0 control, `⟨U+202E⟩` for the others. */
function markFor(character) {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  return `\u27e8U+${codeOf(character)}\u27e9`;
}

/** Cuts text into what is shown as it is and what is shown as a mark, in order. */
export function segments(text) {
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(UNSEEN)) {
    if (match.index > at) parts.push({ text: text.slice(at, match.index), mark: false });
    parts.push({ text: markFor(match[0]), mark: true, code: `U+${codeOf(match[0])}` });
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push({ text: text.slice(at), mark: false });
  return parts;
}

/** What most texts are made of alone: the looks at single characters are spared. */
const PLAIN = /^[\t\n\x20-\x7e]*$/;

/** The text with every such character replaced by its mark. CR LF is one line end. */
export function visible(text) {
  if (PLAIN.test(text)) return text;
  return text.replaceAll("\r\n", "\n").replace(UNSEEN, markFor);
}
