import { describe, expect, it } from "vitest";
import { segments, visible } from "../../src/report/html/visible.js";
import {
  checkReport,
  csvField,
  plainText,
  reportHtml,
  reportMarkdown,
  resultsJson,
  runTable,
  sessionsCsv,
} from "../../src/report/index.ts";
import { literal } from "../../src/report/markdown.ts";
import { parseCsv } from "./csv.ts";
import { embedded } from "./embedded.ts";
import { HOSTILE, hostileSay, UNSAFE } from "./hostile.ts";
import { madeEvaluation, madeInput } from "./made.ts";
import { CATALOGUE } from "./made-catalogue.ts";

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

  it("is kept unchanged in results.json", () => {
    expect(JSON.stringify(resultsJson(input)).includes(HOSTILE[0] ?? "?")).toBe(true);
  });
});
