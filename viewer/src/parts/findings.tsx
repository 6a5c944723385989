import type { ScannerReport } from "../../../src/model/index.ts";
import { Text } from "../text.tsx";
import { count } from "../words.ts";
import { Section } from "./bits.tsx";

/** What outside scanners said. A scanner that did not run says why, and is never "0 findings". */
export function Findings({ scanners }: { scanners: ScannerReport | null }) {
  return (
    <Section title="Findings of scanners">
      {!scanners?.runs.length ? (
        <p class="unmeasured">Not run: no scanner was asked to look at this session.</p>
      ) : (
        scanners.runs.map((run) => <One key={run.scanner} run={run} />)
      )}
    </Section>
  );
}

const SHOWN = 200;

function One({ run }: { run: ScannerReport["runs"][number] }) {
  if (run.state !== "ran")
    return (
      <p>
        <b>
          <Text>{run.scanner}</Text>
        </b>{" "}
        <span class="unmeasured">
          not run: <Text>{run.reason}</Text>
        </span>
      </p>
    );
  const { scanner, version, findings, incomplete } = run;
  return (
    <details>
      <summary data-stop>
        <b>
          <Text>{scanner}</Text>
        </b>{" "}
        <span class="fine">
          <Text>{version}</Text>
        </span>
        : {count(findings.length, "finding")}
        {incomplete.length > 0 ? `; could not look at ${count(incomplete.length, "thing")}` : ""}
      </summary>
      <ul class="findings">
        {incomplete.map((what) => (
          <li key={what} class="unmeasured">
            not looked at: <Text>{what}</Text>
          </li>
        ))}
        {findings.slice(0, SHOWN).map((finding, i) => (
          <li key={i}>
            <span class={`severity ${finding.severity}`}>{finding.severity}</span> <Text>{finding.message}</Text>
            <br />
            <code class="fine">
              <Text>
                {[
                  finding.rule,
                  finding.file && `${finding.file}${finding.line ? `:${finding.line}` : ""}`,
                  finding.url,
                  finding.cwe.join(" "),
                ]
                  .filter(Boolean)
                  .join("  ")}
              </Text>
            </code>
          </li>
        ))}
        {findings.length > SHOWN && <li class="fine">and {findings.length - SHOWN} more in scanners.json</li>}
      </ul>
    </details>
  );
}
