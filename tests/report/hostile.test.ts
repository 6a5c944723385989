import xterm from "@xterm/headless";
import { describe, expect, it } from "vitest";
import { columns } from "../../src/report/ansi.ts";
import { segments, visible } from "../../src/report/html/visible.js";
import {
  checkMarkdown,
  checkReport,
  compareRuns,
  comparisonText,
  csvField,
  githubAnnotations,
  junitXml,
  outcomeOf,
  plainText,
  reportHtml,
  reportMarkdown,
  resultsJson,
  runTable,
  sarifLog,
  sessionsCsv,
  verdictsCsv,
  verdictsNdjson,
} from "../../src/report/index.ts";
import { literal } from "../../src/report/markdown.ts";
import { parseCsv } from "./csv.ts";
import { embedded } from "./embedded.ts";
import { allOfThem, HOSTILE, hostileSay, UNSAFE } from "./hostile.ts";
import { madeEvaluation, madeInput } from "./made.ts";
import { CATALOGUE } from "./made-catalogue.ts";
import { sarifErrors } from "./sarif-schema.ts";
import { parseXml } from "./xml.ts";

const { Terminal } = xterm;

const input = madeInput({ say: hostileSay() });

describe("text that an app or agent wrote", () => {
  it.each(HOSTILE)("is made visible: %j", (text) => {
    expect(plainText(text)).not.toMatch(UNSAFE);
    expect(visible(text).replaceAll("\t", "")).not.toMatch(UNSAFE);
    expect(plainText(text).isWellFormed()).toBe(true);
    const shown = segments(text).map((s) => s.text);
    expect(shown.join("").replaceAll("\t", "")).not.toMatch(UNSAFE);
  });

  it("leaves what people write alone", () => {
    const text = "Grüße, 漢字 🚀 مرحبا – “quoted”\n  indented é";
    expect(plainText(text)).toBe(text);
    expect(segments(text)).toEqual([{ text, mark: false }]);
  });

  it("names what it shows", () => {
    expect(plainText("\u001b[31m\u202e\u0000\u007f")).toBe("␛[31m⟨U+202E⟩␀␡");
  });

  it.each(["=1+1", "+1", "-1", "@a", "\t=1", "\r=1"])("is no formula in a spreadsheet: %j", (text) => {
    expect(csvField(text).replace(/^"/, "")).toMatch(/^'/);
  });

  it("keeps the CSV in shape", () => {
    const rows = parseCsv(sessionsCsv(input));
    expect(rows).toHaveLength(7);
    for (const row of rows) {
      expect(row).toHaveLength(rows[0]?.length ?? 0);
      for (const cell of row) {
        expect(cell).not.toMatch(/^[=+\-@\t\r]/);
        expect(cell.replaceAll("\t", "")).not.toMatch(UNSAFE);
      }
    }
  });

  it("is plain in a terminal, without colour and with", () => {
    const evaluation = madeEvaluation("+x+++b+++++++++x+++++?+x+x+x+-xxx", hostileSay(), CATALOGUE, 2);
    const texts = (color: boolean) => [
      runTable(input, { color, width: 100 }),
      checkReport(evaluation, CATALOGUE, {
        color,
        width: 80,
        verbose: true,
        reproduceHint: (id) => `unprompted reproduce x ${id}`,
      }),
      checkReport({ ...evaluation, app: { ...evaluation.app, stage: "start", log: HOSTILE.join("\n") } }, CATALOGUE, {
        color,
        width: 80,
        verbose: false,
        reproduceHint: String,
      }),
    ];
    for (const text of texts(false)) expect(UNSAFE.exec(text)).toBeNull();
    for (const text of texts(true)) {
      expect(UNSAFE.exec(text.replace(/\u001b\[(?:1|2|22|3[1-6]|39)m/g, ""))).toBeNull();
    }
  });

  it("is literal in Markdown", () => {
    const markdown = reportMarkdown(input);
    expect(UNSAFE.exec(markdown.replaceAll("\t", ""))).toBeNull();
    const outsideFences = markdown.replace(/^(`{3,})text\n[\s\S]*?\n\1$/gm, "");
    expect(outsideFences.match(/<[a-z!/]/i)).toBeNull();
    expect(outsideFences.match(/[^\\]\]\(|https?:\/\/|\bwww\./i)).toBeNull();
    expect(outsideFences.match(/@\w/)).toBeNull();
    const widths = outsideFences
      .split("\n\n")
      .filter((block) => block.startsWith("| "))
      .map((block) => new Set(block.split("\n").map((line) => line.replaceAll("\\|", "").split("|").length)));
    for (const width of widths) expect(width.size).toBe(1);
    expect(literal("- # 1. *a* [b](c) <d> & `e` | f")).toBe(
      "\\- \\# 1. \\*a\\* \\[b\\](c) &lt;d\\> &amp; \\`e\\` \\| f",
    );
    expect(literal("1. a")).toBe("1\\. a");
  });

  it("stays inside its script element in the HTML", () => {
    const html = reportHtml(input);
    const scripts = html.match(/<script/g)?.length ?? 0;
    const { cells, blocks } = embedded(html);
    expect(cells).toBe(165);
    expect(scripts).toBe(cells + blocks + 2);
    expect(html.match(/<\/script/g)).toHaveLength(scripts);
    expect(html.includes("<!--")).toBe(false);
    expect(html.match(/<img|<iframe|<base|<svg/g)).toBeNull();
    expect(UNSAFE.exec(html)).toBeNull();
    expect(html.includes("require-trusted-types-for 'script'")).toBe(true);
  });

  it("is kept unchanged in results.json and verdicts.ndjson", () => {
    expect(JSON.stringify(resultsJson(input)).includes(HOSTILE[0] ?? "?")).toBe(true);
    expect([...verdictsNdjson(input)].join("").includes(HOSTILE[0] ?? "?")).toBe(true);
  });
});

const LETTERS = "+x+++b+++++++++x+++++?+x+x+x+-xxx";

describe("every hostile string in every field", () => {
  it("is at least 60 strings", () => {
    expect(new Set(HOSTILE).size).toBeGreaterThanOrEqual(60);
  });

  it.each(HOSTILE)("%j", (hostile) => {
    const say = (text: string) => `${hostile}${text}${hostile}`;
    const evaluation = madeEvaluation(LETTERS, say, CATALOGUE, 2);
    const made = madeInput({ say });
    const accepted = [{ id: "T2-08", reason: hostile, expires: "2099-12-31" }];
    const outcome = outcomeOf(evaluation, CATALOGUE, accepted, "2026-01-01");

    const app = { name: say("app"), evaluation, outcome, folder: hostile, fallback: hostile };
    const log = sarifLog([app], CATALOGUE, "1");
    expect(sarifErrors(log)).toEqual([]);
    expect(JSON.stringify(log).includes("window.hit=1</script>") && !hostile.includes("script")).toBe(false);
    expect(UNSAFE.exec(JSON.stringify(log))).toBeNull();

    const xml = [...junitXml([{ name: hostile, evaluation, problem: null, accepted }], CATALOGUE)].join("");
    const suite = parseXml(xml).children[0];
    expect(suite?.children).toHaveLength(evaluation.verdicts.length);
    expect(UNSAFE.exec(xml)).toBeNull();

    const lines = githubAnnotations(evaluation, outcome, hostile).trimEnd().split("\n");
    expect(lines).toHaveLength(outcome.holes.length + outcome.unjudged.length + 1);
    for (const line of lines.slice(0, -1)) expect(line).toMatch(/^::(error|warning|notice) (?:(?!::).)*::/);
    expect(UNSAFE.exec(lines.join("\n"))).toBeNull();

    const rows = parseCsv([...verdictsCsv(made)].join(""));
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
    for (const cell of rows.flat()) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
    const ndjson = [...verdictsNdjson(made)].join("").trimEnd().split("\n");
    expect(ndjson).toHaveLength(rows.length - 1);
    for (const line of ndjson) expect(() => JSON.parse(line)).not.toThrow();

    const markdown = checkMarkdown(evaluation, outcome);
    expect(markdown.match(/<[a-z!/]/i)).toBeNull();
    expect(UNSAFE.exec(markdown.replaceAll("\t", ""))).toBeNull();
  });
});

describe("a terminal", () => {
  /** What a terminal shows of a text, and what it was made to do. */
  async function shown(text: string): Promise<{ lines: string[]; did: string[] }> {
    const terminal = new Terminal({
      cols: 200,
      rows: 50,
      scrollback: 100_000,
      allowProposedApi: true,
      convertEol: true,
    });
    const did: string[] = [];
    terminal.onTitleChange((title) => did.push(`title ${title}`));
    terminal.onBell(() => did.push("bell"));
    terminal.onData((data) => did.push(`answered ${JSON.stringify(data)}`));
    terminal.buffer.onBufferChange(() => did.push("other screen"));
    await new Promise<void>((resolve) => terminal.write(text, resolve));
    const { active } = terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, i) => active.getLine(i)?.translateToString(true) ?? "");
    return { lines, did };
  }

  it("shows reports of hostile texts line for line, and does nothing else", async () => {
    const evaluation = madeEvaluation(LETTERS, allOfThem, CATALOGUE, 2);
    const made = madeInput({ say: allOfThem });
    const look = { color: false, width: 100 };
    const outcome = outcomeOf(evaluation, CATALOGUE, [
      { id: "T2-08", reason: allOfThem("why"), expires: "2099-01-01" },
    ]);
    const side = (name: string, of: typeof evaluation) => ({
      name: allOfThem(name),
      sessions: [
        {
          place: { id: allOfThem("app"), baseline: "", agent: "", condition: "", replicate: 1 },
          verdicts: of.verdicts,
          decisions: of.decisions,
        },
      ],
    });
    const compared = compareRuns(side("a", madeEvaluation("+".repeat(33))), side("b", evaluation));
    const raw = await shown("\u001b]2;owned\u001b\\\u0007\u001b[?1049h");
    expect(raw.did).toEqual(expect.arrayContaining(["bell", "title owned", "other screen"]));
    const texts = [
      runTable(made, look),
      checkReport(
        evaluation,
        CATALOGUE,
        { ...look, verbose: true, reproduceHint: (id) => `unprompted reproduce x ${id}` },
        outcome,
      ),
      comparisonText(compared, look),
      githubAnnotations(evaluation, outcome, "").replace(/^::.*$/gm, (line) => line.slice(0, 150)),
    ];
    for (const text of texts) {
      const { lines, did } = await shown(text);
      expect(did).toEqual([]);
      const printed = text.split("\n").filter((line) => columns(line) <= 190);
      expect(printed.length).toBeGreaterThan(10);
      const seen = new Set(lines.map((line) => line.normalize().trimEnd()));
      const missing = printed.filter(
        (line) => !/\p{M}|[\u{1f000}-\u{1ffff}]|\ufe0f/u.test(line) && !seen.has(line.normalize().trimEnd()),
      );
      expect(missing).toEqual([]);
    }
  });
});
