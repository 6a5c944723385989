import { useMemo, useState } from "preact/hooks";
import type { TextView } from "../../../src/model/index.ts";
import { whole } from "../../../src/stats/words.ts";
import { type DiffFile, type DiffLine, parseDiff } from "../diff.ts";
import { Text } from "../text.tsx";
import { bytes, count } from "../words.ts";

/** Lines of one file that are drawn before the reader asks for more. */
const SHOWN_LINES = 400;
/** A diff with no more changed lines than this is shown unfolded. */
const UNFOLDED_LINES = 120;

/** What `git diff` wrote, a fold for each file. */
export function Diff({ diff }: { diff: TextView }) {
  const files = useMemo(() => parseDiff(diff.text), [diff.text]);
  if (diff.text.trim() === "") return <p class="fine">Nothing was changed.</p>;
  const total = files.reduce((sum, file) => sum + file.added + file.removed, 0);
  return (
    <div class="diff">
      {files.map((file, i) => (
        <FileDiff key={i} file={file} open={total <= UNFOLDED_LINES} />
      ))}
      {diff.cut > 0 && <p class="fine">Cut here: {bytes(diff.cut)} more are in the run's folder.</p>}
    </div>
  );
}

function FileDiff({ file, open }: { file: DiffFile; open: boolean }) {
  const [opened, setOpened] = useState(open);
  const [all, setAll] = useState(false);
  const lines = all ? file.lines : file.lines.slice(0, SHOWN_LINES);
  return (
    <details open={open} onToggle={(event) => setOpened(event.currentTarget.open)}>
      <summary data-stop>
        <code>
          <Text>{file.path}</Text>
        </code>{" "}
        <span class="fine">{file.status === "changed" ? "" : file.status}</span>{" "}
        <span class="plus">+{whole(file.added)}</span> <span class="minus">−{whole(file.removed)}</span>
      </summary>
      {opened && <Lines lines={lines} label={file.path} />}
      {opened && lines.length < file.lines.length && (
        <button type="button" onClick={() => setAll(true)}>
          Show {count(file.lines.length - lines.length, "more line")}
        </button>
      )}
    </details>
  );
}

const MARK = { same: " ", added: "+", removed: "−", hunk: " ", note: " " } as const;

function Lines({ lines, label }: { lines: readonly DiffLine[]; label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
    <section class="lines" aria-label={`Changes of ${label}`} tabIndex={0}>
      <pre>
        {lines.map((line, i) => (
          <span key={i} class={`l ${line.kind}`}>
            <span class="no">{line.to ?? line.from ?? ""}</span>
            <span class="sign">{MARK[line.kind]}</span>
            <Text>{line.text}</Text>
          </span>
        ))}
      </pre>
    </section>
  );
}
