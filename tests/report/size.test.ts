import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { reportHtml } from "../../src/report/index.ts";
import { embedded } from "./embedded.ts";
import { madeInput } from "./made.ts";

describe("the size of index.html", () => {
  it("stays under 25 MB by leaving evidence out, holes last, and says so", () => {
    const input = madeInput();
    // Random text does not pack.
    const text = randomBytes(6750).toString("base64");
    const random = () => randomBytes(3000).toString("base64");
    const html = reportHtml({
      ...input,
      evidence: (session, id) => {
        const evidence = input.evidence(session, id);
        const [exchange] = evidence?.exchanges ?? [];
        if (!evidence || !exchange) return null;
        const request = { ...exchange.request, body: { kind: "text" as const, text, totalBytes: 9000, cut: false } };
        return {
          ...evidence,
          exchanges: Array.from({ length: 40 }, (_, n) => ({
            ...exchange,
            n: n + 1,
            request: { ...request, path: random() },
          })),
        };
      },
    });
    expect(html.length).toBeLessThan(25_000_000);
    const { page, details, cells, cell } = embedded(html);
    const verdicts = details.flatMap((s: { verdicts: object }) => Object.entries(s.verdicts));
    const dropped = verdicts.filter(([, v]: [string, { place: object }]) => "dropped" in v.place);
    expect(cells).toBeGreaterThan(36);
    expect(cells + dropped.length).toBe(165);
    const holes = page.sessions.reduce((n: number, s: { letters: string }) => n + s.letters.split("x").length - 1, 0);
    const placed = verdicts.filter(([, v]: [string, { place: { cell?: number } }]) => (v.place.cell ?? holes) < holes);
    expect(placed).toHaveLength(holes);
    expect(page.notes.join("\n")).toContain(`the evidence of ${dropped.length} of 165 verdicts is not in it`);
    expect(cell(0).shortened).toBe(true);
    expect(cell(0).evidence.exchanges[0].request.body).toMatchObject({ totalBytes: 9000, cut: true });
  });

  it("shows that no evidence was kept", () => {
    const { details, cells } = embedded(reportHtml({ ...madeInput(), evidence: () => null }));
    expect(cells).toBe(0);
    expect(details[0].verdicts["T1-01"].place).toEqual({ none: true });
  });
});
