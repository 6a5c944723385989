import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Severity, VerdictKind } from "../../../src/model/index.ts";
import type { Interval } from "../../../src/stats/rates.ts";
import { VERDICT_WORDS } from "../words.ts";

/** A verdict in a symbol and a word: never by colour alone. */
export function Badge({ verdict }: { verdict: VerdictKind | null }) {
  if (verdict === null) return <span class="badge none">no verdict</span>;
  const { symbol, word, means } = VERDICT_WORDS[verdict];
  return (
    <span class={`badge ${verdict}`} title={means}>
      <span aria-hidden="true">{symbol}</span> {word}
    </span>
  );
}

export const SeverityMark = ({ severity }: { severity: Severity }) => (
  <span class={`severity ${severity}`}>{severity}</span>
);

/** What was not measured says so, and why. Never a zero. */
export const NotMeasured = ({ because }: { because: string }) => <p class="unmeasured">Not measured: {because}.</p>;

export const Unknown = ({ children = "not measured" }: { children?: ComponentChildren }) => (
  <span class="unmeasured">{children}</span>
);

/** A share of a whole as a bar with its interval, 0 to 100 % from left to right. The figures stand beside it as text. */
export function RateBar({ share, interval }: { share: number; interval: Interval | null }) {
  const x = (value: number) => `${(100 * value).toFixed(2)}%`;
  return (
    <svg class="ratebar" aria-hidden="true" width="100%" height="10">
      <rect class="track" x="0" y="3" width="100%" height="4" rx="2" />
      {interval && (
        <rect class="interval" x={x(interval.low)} y="2" width={x(interval.high - interval.low)} height="6" rx="3" />
      )}
      <circle class="dot" cx={x(share)} cy="5" r="4" />
    </svg>
  );
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [said, setSaid] = useState("");
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setSaid("Copied"),
      () => setSaid("The browser does not allow copying"),
    );
  return (
    <span class="copy">
      <button type="button" onClick={() => void copy()}>
        {label}
      </button>{" "}
      <span role="status" class="fine">
        {said}
      </span>
    </span>
  );
}

/** A part of a page with a heading of its own. */
export function Section({
  title,
  aside,
  children,
}: {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <div class="section">
      <div class="section-head">
        <h2>{title}</h2>
        {aside}
      </div>
      {children}
    </div>
  );
}

/** A table, list or plot that may be wider than the page: it scrolls by itself, with the keyboard too. */
export function Scroll({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
    <section class="scroll" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
