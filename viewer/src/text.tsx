import { segments, visible } from "../../src/report/html/visible.js";

/**
 * Text that apps and agents wrote, apart from what stands around it: right-to-left marks cannot reorder the page, and
 * characters that are not seen show as marks.
 */
export function Text({ children }: { children: string }) {
  const parts = segments(children);
  return (
    <bdi>
      {parts.map(({ text, mark, code }, i) =>
        mark ? (
          <span key={i} class="unseen" title={`the character ${code ?? ""}`}>
            {text}
          </span>
        ) : (
          text
        ),
      )}
    </bdi>
  );
}

/** The same for attributes and titles. */
export const plain = visible;
