import type { ChoiceCount } from "../../../src/model/index.ts";
import { whole } from "../../../src/stats/words.ts";
import { Text } from "../text.tsx";
import { count } from "../words.ts";
import { Section } from "./bits.tsx";

/** What agents chose on each topic, and in how many of the measured sessions. */
export function Choices({ choices, measured }: { choices: readonly ChoiceCount[]; measured: number }) {
  const topics = Map.groupBy(choices, ({ topic }) => topic);
  return (
    <Section title="What was decided">
      {topics.size === 0 ? (
        <p class="unmeasured">Not measured: no decision was read from any session.</p>
      ) : (
        <dl class="choices">
          {[...topics].map(([topic, of]) => (
            <Topic key={topic} topic={topic} choices={of} measured={measured} />
          ))}
        </dl>
      )}
    </Section>
  );
}

const SHOWN = 5;

function Topic({ topic, choices, measured }: { topic: string; choices: readonly ChoiceCount[]; measured: number }) {
  const by = [...Map.groupBy(choices, ({ choice }) => choice)]
    .map(([choice, counts]) => ({
      choice,
      sessions: counts.reduce((sum, one) => sum + one.sessions, 0),
      agents: counts.map((one) => one.agent),
    }))
    .sort((a, b) => b.sessions - a.sessions);
  const known = by.reduce((sum, one) => sum + one.sessions, 0);
  return (
    <div class="topic">
      <dt>
        <Text>{topic.replaceAll("-", " ")}</Text>
      </dt>
      <dd>
        <ul>
          {by.slice(0, SHOWN).map(({ choice, sessions, agents }) => (
            <li key={choice}>
              <svg class="tick" width="40" height="8" aria-hidden="true">
                <rect class="track" width="40" height="8" rx="2" />
                <rect class="part" width={(40 * sessions) / Math.max(1, measured)} height="8" rx="2" />
              </svg>
              <span>
                <Text>{choice}</Text>{" "}
                <span class="fine">
                  {whole(sessions)} of {count(measured, "session")}: <Text>{agents.join(", ")}</Text>
                </span>
              </span>
            </li>
          ))}
          {by.length > SHOWN && <li class="fine">and {count(by.length - SHOWN, "rarer choice")}</li>}
          {known < measured && <li class="unmeasured">not determined in {count(measured - known, "session")}</li>}
        </ul>
      </dd>
    </div>
  );
}
