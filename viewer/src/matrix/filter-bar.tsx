import type { RunView, VerdictKind } from "../../../src/model/index.ts";
import { tiersOf } from "../figures.ts";
import { setParams } from "../route.ts";
import { plain } from "../text.tsx";
import { TIER_WORDS, VERDICT_WORDS, VERDICTS } from "../words.ts";
import type { Filters } from "./filters.ts";

/** Up to this many values are buttons; more are a list. */
const BUTTONS = 6;

export function FilterBar({ run, filters, byTests }: { run: RunView; filters: Filters; byTests: boolean }) {
  const any = Object.values(filters).some((value) => value.length > 0);
  return (
    <form class="filters" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      <label class="field">
        <span class="visually-hidden">Words of a test or session</span>
        <input
          type="search"
          placeholder="test or session"
          value={filters.q}
          onInput={(event) => setParams({ q: event.currentTarget.value })}
        />
      </label>
      <Choice
        name="verdict"
        label="Verdict"
        values={VERDICTS}
        word={(kind) => VERDICT_WORDS[kind as VerdictKind].word}
        chosen={filters.verdict}
      />
      <Choice
        name="tier"
        label="Tier"
        values={tiersOf(run.columns).map(String)}
        word={(tier) => TIER_WORDS[Number(tier) as 1 | 2 | 3].short}
        chosen={filters.tier}
      />
      <Choice name="agent" label="Agent" values={run.agents} chosen={filters.agent} />
      <Choice name="baseline" label="Baseline" values={run.baselines} chosen={filters.baseline} />
      <Choice name="condition" label="Condition" values={run.conditions} chosen={filters.condition} />
      <fieldset class="chips" aria-label="Rows">
        <span class="chips-name" aria-hidden="true">
          Rows
        </span>
        <button type="button" aria-pressed={byTests} onClick={() => setParams({ rows: "tests", at: null })}>
          tests
        </button>
        <button type="button" aria-pressed={!byTests} onClick={() => setParams({ rows: "sessions", at: null })}>
          sessions
        </button>
      </fieldset>
      {any && (
        <button
          type="button"
          class="quiet"
          onClick={() =>
            setParams({
              q: null,
              verdict: null,
              tier: null,
              agent: null,
              baseline: null,
              condition: null,
              measured: null,
            })
          }
        >
          Clear
        </button>
      )}
    </form>
  );
}

interface ChoiceProps {
  name: "verdict" | "tier" | "agent" | "baseline" | "condition";
  label: string;
  values: readonly string[];
  chosen: readonly string[];
  word?: (value: string) => string;
}

function Choice({ name, label, values, chosen, word = plain }: ChoiceProps) {
  if (values.length < 2) return null;
  if (values.length > BUTTONS) {
    return (
      <label class="field">
        <span class="chips-name">{label}</span>
        <select value={chosen[0] ?? ""} onChange={(event) => setParams({ [name]: event.currentTarget.value })}>
          <option value="">any</option>
          {values.map((value) => (
            <option key={value} value={value}>
              {word(value)}
            </option>
          ))}
        </select>
      </label>
    );
  }
  const toggled = (value: string) => values.filter((one) => chosen.includes(one) !== (one === value)).join(",");
  return (
    <fieldset class="chips" aria-label={label}>
      <span class="chips-name" aria-hidden="true">
        {label}
      </span>
      {values.map((value) => (
        <button
          key={value}
          type="button"
          class={name === "verdict" ? value : ""}
          aria-pressed={chosen.includes(value)}
          onClick={() => setParams({ [name]: toggled(value) })}
        >
          {word(value)}
        </button>
      ))}
    </fieldset>
  );
}
