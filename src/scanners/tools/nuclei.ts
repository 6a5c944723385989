import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { OWN_RULES } from "../own-rules.ts";
import { cweIn, pathOf } from "../sarif.ts";
import { defineScanner, notRun, ran } from "../scanner.ts";
import { commandLine, lastLine, runTool } from "../tool.ts";

const Severity = z
  .enum(["critical", "high", "medium", "low", "info", "unknown"])
  .transform((word) => (word === "unknown" ? "info" : word));
const Line = z.looseObject({
  "template-id": z.string(),
  "matcher-name": z.string().optional(),
  info: z.looseObject({
    name: z.string(),
    severity: Severity,
    classification: z.looseObject({ "cwe-id": z.array(z.string()).nullish() }).nullish(),
  }),
  "matched-at": z.string(),
  request: z.string().optional(),
});

const Stats = z.looseObject({ requests: z.coerce.number(), errors: z.coerce.number() });

export default defineScanner({
  id: "nuclei",
  title: "Nuclei",
  reads: "running app",
  command: "nuclei",
  install: "make scanners builds it where Go is installed",
  quick: false,
  async run(context, tool) {
    const { url } = context.target;
    if (typeof url !== "string") return [notRun(this, url.none)];
    const sets = (context.rules ?? [OWN_RULES.nuclei]).map((set) => resolve(set));
    const missing = sets.find((set) => !existsSync(set));
    if (missing) return [notRun(this, `there are no templates in ${missing}`)];
    const out = join(context.scratch, "nuclei.jsonl");
    // Without a list of templates to ignore it warns of an error of its own.
    const settings = join(context.scratch, "home/.config/nuclei");
    mkdirSync(settings, { recursive: true });
    writeFileSync(join(settings, ".nuclei-ignore"), "");
    const words = [tool.path, "-u", url, ...sets.flatMap((set) => ["-t", set]), "-jsonl-export", out];
    // No look for updates, no call to a server outside, and no giving up on a host that answers with errors.
    const quiet = ["-duc", "-ni", "-nmhe", "-nc", "-ot", "-retries", "0", "-timeout", "10", "-c", "5"];
    const finished = await runTool(context, {
      shell: commandLine([...words, ...quiet, "-stats", "-stats-json"]),
      network: true,
      readable: sets,
    });
    const figure = (pattern: RegExp) => Number(pattern.exec(finished.output)?.[1] ?? 0);
    const loaded = figure(/Templates loaded for current scan: (\d+)/);
    const unloaded = figure(/Found (\d+) templates? with/);
    const stats = finished.output.split("\n").findLast((line) => line.startsWith('{"duration"'));
    if (finished.exitCode !== 0 || loaded === 0 || !stats) return [notRun(this, lastLine(finished))];
    const { requests, errors } = Stats.parse(JSON.parse(stats));
    if (requests - errors <= 0) return [notRun(this, `none of its ${requests} requests was answered`)];
    const text = existsSync(out) ? readFileSync(out, "utf8") : "";
    return [
      ran(this, tool, {
        rules: sets.map((set) => (set === OWN_RULES.nuclei ? `unprompted's own Nuclei templates (${loaded})` : set)),
        seconds: finished.durationMs / 1000,
        findings: text
          .split("\n")
          .filter((line) => line.trim() !== "")
          .map((line) => {
            const { info, request, ...found } = Line.parse(JSON.parse(line));
            const matcher = found["matcher-name"];
            return {
              rule: matcher ? `${found["template-id"]}:${matcher}` : found["template-id"],
              message: matcher ? `${info.name}: ${matcher}` : info.name,
              severity: info.severity,
              cwe: cweIn(info.classification?.["cwe-id"] ?? []),
              file: null,
              line: null,
              url: `${request?.split(" ", 1)[0] ?? "GET"} ${pathOf(found["matched-at"])}`,
            };
          }),
        incomplete: unloaded > 0 ? [`${unloaded} of its templates could not be loaded`] : [],
      }),
    ];
  },
});
