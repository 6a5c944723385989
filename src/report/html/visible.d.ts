export interface Segment {
  text: string;
  /** True when the text stands for a character that cannot be seen. */
  mark: boolean;
  /** Its code point, such as `U+202E`. */
  code?: string;
}
export function segments(text: string): Segment[];
export function visible(text: string): string;
