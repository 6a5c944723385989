import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Defence, ReferenceView, SessionRow, TextView } from "../../../src/model/index.ts";
import { apiPath, useLoaded } from "../api.ts";
import { verdictAt } from "../figures.ts";
import { type Route, setParams } from "../route.ts";
import { plain, Text } from "../text.tsx";
import { VERDICT_WORDS } from "../words.ts";
import { NotMeasured, Section } from "./bits.tsx";

/** How the reference solution holds a test up, beside the code of a session on the same baseline. */
export function CodeBeside({
  exploit,
  rows,
  column,
  route,
}: {
  exploit: string;
  rows: readonly SessionRow[];
  column: number;
  route: Route;
}) {
  const asked = route.params.get("session");
  const session =
    rows.find(({ id }) => id === asked) ?? rows.find((row) => verdictAt(row, column) === "exploited") ?? rows[0];
  const reference = useLoaded<ReferenceView>(session ? apiPath("reference", session.baseline, exploit) : null);
  const files = useLoaded<string[]>(session ? apiPath("session", session.id, "files") : null, session?.state);
  const defences = reference.kind === "there" ? reference.value.defences : [];
  const place = Math.min(Number(route.params.get("place") ?? 0) || 0, Math.max(0, defences.length - 1));
  const defence = defences[place];
  const names = files.kind === "there" ? files.value : [];
  const wanted = route.params.get("file");
  const file = wanted !== null && names.includes(wanted) ? wanted : likeliest(names, defence);
  if (!session) return null;
  const offered = rows.length > 400 ? rows.filter((row) => verdictAt(row, column) === "exploited").slice(0, 400) : rows;
  return (
    <Section title="The reference solution beside the session's code">
      <div class="beside">
        <div>
          <div class="pick">
            <b>
              Reference of <Text>{session.baseline}</Text>
            </b>
            {defences.length > 1 && (
              <label>
                <span class="visually-hidden">Place in the reference</span>
                <select value={place} onChange={(event) => setParams({ place: event.currentTarget.value, file: null })}>
                  {defences.map((one, i) => (
                    <option key={i} value={i}>
                      {plain(`${one.file}:${one.line} – ${one.what}`)}
                    </option>
                  ))}
                </select>
              </label>
            )}
          </div>
          {defence ? (
            <Holding defence={defence} />
          ) : reference.kind === "loading" ? (
            <p class="fine">Reads the reference …</p>
          ) : (
            <NotMeasured
              because={
                reference.kind === "none"
                  ? reference.because
                  : "no mutant of this baseline's reference shows where it holds this test up"
              }
            />
          )}
        </div>
        <div>
          <div class="pick">
            <label>
              <span class="visually-hidden">Session</span>
              <select
                value={session.id}
                onChange={(event) => setParams({ session: event.currentTarget.value, file: null, place: null })}
              >
                {[...new Set([session, ...offered])].map((row) => {
                  const kind = verdictAt(row, column);
                  return (
                    <option key={row.id} value={row.id}>
                      {plain(`${row.id} – ${kind ? VERDICT_WORDS[kind].word : "no verdict"}`)}
                    </option>
                  );
                })}
              </select>
            </label>{" "}
            <label>
              <span class="visually-hidden">File of the session</span>
              <select value={file ?? ""} onChange={(event) => setParams({ file: event.currentTarget.value })}>
                {names.map((name) => (
                  <option key={name} value={name}>
                    {plain(name)}
                  </option>
                ))}
              </select>
            </label>
          </div>
          {file ? (
            <SessionFile session={session.id} file={file} defence={defence} />
          ) : files.kind === "loading" ? (
            <p class="fine">Reads the session's files …</p>
          ) : (
            <NotMeasured
              because={
                files.kind === "none" ? files.because : "the session kept no code that differs from its baseline"
              }
            />
          )}
        </div>
      </div>
    </Section>
  );
}

function Holding({ defence }: { defence: Defence }) {
  return (
    <>
      <p class="fine">
        The marked lines hold it up. Without them: <Text>{defence.what}</Text>.
      </p>
      <Code
        label={`Reference, ${defence.file}`}
        first={defence.line}
        lines={defence.lines.map(({ text, holds }) => ({ text, worth: holds ? 1 : 0 }))}
      />
    </>
  );
}

function SessionFile({ session, file, defence }: { session: string; file: string; defence: Defence | undefined }) {
  const text = useLoaded<TextView>(`${apiPath("session", session, "file")}?path=${encodeURIComponent(file)}`);
  const telling = useMemo(() => wordsOf(defence), [defence]);
  if (text.kind === "loading") return <p class="fine">Reads the file …</p>;
  if (text.kind === "none") return <NotMeasured because={text.because} />;
  const lines = text.value.text.split("\n").map((line) => {
    const shared = score(line, telling);
    return { text: line, worth: shared >= 2 ? shared : 0 };
  });
  return (
    <>
      <p class="fine">
        {telling.size > 0
          ? "Marked lines share words with the reference's: a hint where to look, not a finding."
          : "The session's last commit."}
      </p>
      <Code label={`Session, ${file}`} first={1} lines={lines} />
    </>
  );
}

interface CodeLine {
  text: string;
  /** Marked when above zero; the reader is taken to the line that is worth most. */
  worth: number;
}

const SHOWN_LINES = 1500;

function Code({ label, first, lines }: { label: string; first: number; lines: readonly CodeLine[] }) {
  const box = useRef<HTMLElement>(null);
  const best = lines.reduce((at, line, i) => (line.worth > (lines[at]?.worth ?? 0) ? i : at), 0);
  useEffect(() => {
    const line = box.current?.querySelectorAll<HTMLElement>(".l")[best];
    if (box.current && line)
      box.current.scrollTop = line.offsetTop - box.current.offsetTop - box.current.clientHeight / 3;
  }, [best, label]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
    <section class="lines tall" ref={box} aria-label={plain(label)} tabIndex={0}>
      <pre>
        {lines.slice(0, SHOWN_LINES).map((line, i) => (
          <span key={i} class={`l ${line.worth > 0 ? "marked" : ""}`}>
            <span class="no">{first + i}</span>
            <span class="sign">{line.worth > 0 ? "›" : " "}</span>
            <Text>{line.text}</Text>
          </span>
        ))}
      </pre>
      {lines.length > SHOWN_LINES && <p class="fine">{lines.length - SHOWN_LINES} more lines are not shown.</p>}
    </section>
  );
}

const COMMON = new Set(
  "return const async await function import from export self none true false null undefined this that with else raise throw error string number type value".split(
    " ",
  ),
);

/** Words of the lines that hold a test up, four letters at least, as a rough key to what they are about. */
function wordsOf(defence: Defence | undefined): Set<string> {
  const words = defence?.lines.filter(({ holds }) => holds).flatMap(({ text }) => wordsIn(text)) ?? [];
  return new Set(words.filter((word) => !COMMON.has(word)));
}

/** Names are cut where their writing changes: `requireAdmin`, `require_admin` and `require-admin` are two words each. */
const wordsIn = (text: string): string[] =>
  text
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .match(/[a-z]{4,}/g) ?? [];

const score = (line: string, words: ReadonlySet<string>): number =>
  new Set(wordsIn(line).filter((word) => words.has(word))).size;

/** The same path; else the file whose name shares most with the reference's; never a lock file while there is another. */
function likeliest(names: readonly string[], defence: Defence | undefined): string | undefined {
  if (defence && names.includes(defence.file)) return defence.file;
  const telling = new Set([...wordsIn(defence?.file ?? ""), ...wordsOf(defence)]);
  const worth = (name: string) => (/lock|\.md$|\.json$|test/i.test(name) ? -10 : 0) + score(name, telling);
  return [...names].sort((a, b) => worth(b) - worth(a))[0];
}
