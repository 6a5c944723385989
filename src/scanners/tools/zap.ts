import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { stringify } from "yaml";
import { readSarif } from "../sarif.ts";
import { defineScanner, notRun, ran } from "../scanner.ts";
import { commandLine, lastLine, runTool } from "../tool.ts";

const MINUTES = 5;

/** A plan of ZAP's automation framework: spider, passive and active scan, and a SARIF report. */
const planFor = (url: string, out: string, folder: string) => ({
  env: {
    contexts: [{ name: "app", urls: [url] }],
    parameters: { failOnError: true, failOnWarning: false, progressToStdout: true },
  },
  jobs: [
    { type: "passiveScan-config", parameters: { scanOnlyInScope: true } },
    { type: "spider", parameters: { context: "app", url, maxDuration: 1 } },
    { type: "passiveScan-wait", parameters: { maxDuration: MINUTES } },
    { type: "activeScan", parameters: { context: "app", maxScanDurationInMins: MINUTES } },
    { type: "report", parameters: { template: "sarif-json", reportDir: folder, reportFile: basename(out) } },
  ],
});

export default defineScanner({
  id: "zap",
  title: "OWASP ZAP",
  reads: "running app",
  command: "zap.sh",
  install: "see https://www.zaproxy.org/download/ and put zap.sh on PATH",
  versionCommand: "zap.sh -cmd -version",
  quick: false,
  async run(context, tool) {
    const { url } = context.target;
    if (typeof url !== "string") return [notRun(this, url.none)];
    if (context.rules) return [notRun(this, "it takes no rule sets; leave rules: out")];
    const out = join(context.scratch, "zap.sarif.json");
    const plan = join(context.scratch, "zap.yaml");
    writeFileSync(plan, stringify(planFor(url, out, context.scratch)));
    const words = [tool.path, "-cmd", "-silent", "-dir", join(context.scratch, "zap"), "-autorun", plan];
    const finished = await runTool(context, { shell: commandLine(words), network: true, timeoutMs: 20 * 60_000 });
    if (!existsSync(out)) return [notRun(this, lastLine(finished))];
    const { findings, incomplete } = readSarif(readFileSync(out, "utf8"), null);
    return [
      ran(this, tool, {
        rules: ["ZAP's spider, passive and active rules"],
        seconds: finished.durationMs / 1000,
        findings,
        incomplete,
      }),
    ];
  },
});
