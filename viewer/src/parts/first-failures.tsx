import type { LiveView } from "../../../src/model/index.ts";
import { href } from "../route.ts";
import { Text } from "../text.tsx";
import { Section } from "./bits.tsx";

/** The first holes of a run that goes on, as they are found; their evidence follows when the session is done. */
export function FirstFailures({ live }: { live: LiveView }) {
  return (
    <Section title="First failures of this run">
      {live.failures.length === 0 ? (
        <p class="fine">None so far.</p>
      ) : (
        <ul class="failures">
          {live.failures.map(({ session, id, slug, summary }) => (
            <li key={`${session} ${id}`}>
              <a data-stop href={href(["session", session, id])}>
                <code>{id}</code> {slug}
              </a>{" "}
              in <Text>{session}</Text>
              <br />
              <span class="fine">
                <Text>{summary}</Text>
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
