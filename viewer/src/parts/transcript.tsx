import { useMemo, useState } from "preact/hooks";
import type { TextView } from "../../../src/model/index.ts";
import { Text } from "../text.tsx";
import { type Call, type Part, partsOf } from "../transcript.ts";
import { bytes, count, duration } from "../words.ts";

const SHOWN = 300;

/** What the agent said and did in one step; its tool calls are folded. */
export function Transcript({ transcript }: { transcript: TextView }) {
  const parts = useMemo(() => partsOf(transcript.text), [transcript.text]);
  const [shown, setShown] = useState(SHOWN);
  return (
    <>
      <ol class="transcript">
        {parts.slice(0, shown).map((part, i) => (
          <PartLine key={i} part={part} />
        ))}
      </ol>
      {parts.length > shown && (
        <button type="button" onClick={() => setShown(shown + 1000)}>
          Show more of {count(parts.length - shown, "further entry", "further entries")}
        </button>
      )}
      {transcript.cut > 0 && <p class="fine">Cut here: {bytes(transcript.cut)} more are in the run's folder.</p>}
    </>
  );
}

const at = (ms: number | null) => <span class="at">{ms === null ? "" : duration(ms / 1000)}</span>;

function PartLine({ part }: { part: Part }) {
  switch (part.kind) {
    case "words":
      return (
        <li class="words">
          {at(part.atMs)}
          <p>
            <Text>{part.text}</Text>
          </p>
        </li>
      );
    case "note":
      return (
        <li class="note">
          {at(part.atMs)}
          <p>
            <b>
              <Text>{part.what}</Text>
            </b>{" "}
            <Text>{part.text}</Text>
          </p>
        </li>
      );
    case "calls":
      return (
        <li class="calls">
          {at(part.atMs)}
          <details>
            <summary data-stop>
              {count(part.calls.length, "tool call")}
              <span class="fine">: {byKind(part.calls)}</span>
            </summary>
            <ul class="calls-list">
              {part.calls.map((call, i) => (
                <li key={i}>
                  <span class="call-kind">{call.kind}</span>{" "}
                  <code>
                    <Text>{call.subject || call.tool}</Text>
                  </code>{" "}
                  {call.ok === false && <span class="minus">failed</span>}
                </li>
              ))}
            </ul>
          </details>
        </li>
      );
  }
}

function byKind(calls: readonly Call[]): string {
  const kinds = [...Map.groupBy(calls, ({ kind }) => kind)].map(([kind, of]) => `${of.length} ${kind}`);
  const failed = calls.filter(({ ok }) => ok === false).length;
  return `${kinds.join(", ")}${failed ? `; ${failed} failed` : ""}`;
}
