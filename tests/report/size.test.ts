import { describe, expect, it } from "vitest";
import { reportHtml } from "../../src/report/index.ts";
import { madeInput } from "./made.ts";

/** The page's own data, and the evidence that is in it, by verdict. */
function embedded(html: string) {
  const json = (id: string) =>
    JSON.parse(new RegExp(`<script type="application/json" id="${id}">(.*)</script>`).exec(html)?.[1] ?? "null");
  const cells = html.match(/id="evidence-\d+"/g)?.length ?? 0;
  return { page: json("report-data"), cells, cell: (n: number) => json(`evidence-${n}`) };
}

describe("the size of index.html", () => {
  it("stays under 25 MB by leaving evidence out, holes last, and says so", () => {
    const input = madeInput();
    const text = "x".repeat(9000);
    const html = reportHtml({
      ...input,
      evidence: (session, id) => {
        const evidence = input.evidence(session, id);
        const [exchange] = evidence?.exchanges ?? [];
        if (!evidence || !exchange) return null;
        const request = { ...exchange.request, body: { kind: "text" as const, text, totalBytes: 9000, cut: false } };
        return { ...evidence, exchanges: Array.from({ length: 40 }, (_, n) => ({ ...exchange, n: n + 1, request })) };
      },
    });
    expect(html.length).toBeLessThan(25_000_000);
    const { page, cells, cell } = embedded(html);
    const verdicts = page.sessions.flatMap((s: { verdicts: object }) => Object.values(s.verdicts));
    const dropped = verdicts.filter((v: { place: object }) => "dropped" in v.place);
    expect(cells).toBeGreaterThan(36);
    expect(cells + dropped.length).toBe(165);
    expect(dropped.every((v: { verdict: string }) => v.verdict === "defended" || v.verdict === "not-applicable")).toBe(
      true,
    );
    expect(page.notes.join("\n")).toContain(`the evidence of ${dropped.length} of 165 verdicts is not in it`);
    expect(cell(0).shortened).toBe(true);
    expect(cell(0).evidence.exchanges[0].request.body).toMatchObject({ totalBytes: 9000, cut: true });
  });

  it("shows that no evidence was kept", () => {
    const { page, cells } = embedded(reportHtml({ ...madeInput(), evidence: () => null }));
    expect(cells).toBe(0);
    expect(page.sessions[0].verdicts["T1-01"].place).toEqual({ none: true });
  });
});
