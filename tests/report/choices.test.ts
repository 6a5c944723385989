import { describe, expect, it } from "vitest";
import type { ScannerReport, SupplyChain } from "../../src/model/index.ts";
import {
  choicesHtml,
  choicesLines,
  holesOf,
  overlapLines,
  type ReportInput,
  reportMarkdown,
  scannerLines,
  sessionChoices,
  supplyLines,
} from "../../src/report/index.ts";
import { overlapOf } from "../../src/stats/index.ts";
import { HOSTILE, hostileSay, UNSAFE } from "./hostile.ts";
import { madeInput, type Say } from "./made.ts";

const scannersOf = (say: Say): ScannerReport => ({
  formatVersion: 1,
  runs: [
    {
      ...{ state: "ran", scanner: "bandit", reads: "source", version: say("1.9.4"), rules: [say("own")], seconds: 2 },
      findings: HOSTILE.map((text) => ({
        ...{ rule: say("B608"), message: text, severity: "high", cwe: ["CWE-89"], file: text, line: 3, url: null },
      })),
      incomplete: [say("broken.py")],
    },
    { state: "not run", scanner: "zap", reads: "running app", reason: say("zap.sh is not installed") },
  ],
});

const supplyOf = (say: Say): SupplyChain => ({
  formatVersion: 1,
  ecosystems: [
    {
      ...{ ecosystem: "npm", manifest: "package.json", transitive: 3, maintainers: { notLearnt: say("offline") } },
      lockfile: { file: "package-lock.json", missing: [say("gone")], hashed: { with: 1, of: 2 } },
      direct: [
        { ecosystem: "npm", name: say("a"), scope: "runtime", wanted: "*", constraint: "unpinned", version: null },
      ],
      installScripts: [say("a@1")],
      deprecated: [{ name: say("a@1"), why: say("old") }],
      licences: { [say("MIT")]: 1 },
      registry: { notLearnt: "offline" },
    },
  ],
  unread: ["go.mod"],
  steps: [{ step: 1, commit: "c", added: [say("npm a *")], removed: [] }],
});

const withAll = (say: Say): ReportInput => {
  const made = madeInput({ say });
  const sessions = made.sessions.map((session) => ({
    ...session,
    scanners: scannersOf(say),
    supplyChain: supplyOf(say),
  }));
  return { ...made, sessions };
};

const plain: Say = (text) => text;
const hostile = withAll(hostileSay());
const tagsOf = (html: string) => [...html.matchAll(/<\/?([a-z!][\w-]*)/gi)].map(([, name]) => name).join(" ");

describe("the page of choices", () => {
  it("holds the same elements whatever apps, agents and tools wrote, and may run and load nothing", () => {
    const page = choicesHtml(hostile);
    expect(tagsOf(page)).toBe(tagsOf(choicesHtml(withAll(plain))));
    const tags = [...page.matchAll(/<[a-z][^>]*>/gi)].map(([tag]) => tag);
    expect(tags.filter((tag) => /^<script|javascript:|\son\w+=/i.test(tag))).toEqual([]);
    expect(page.slice(0, 600)).toMatch(/default-src 'none'; style-src 'sha256-/);
    expect(UNSAFE.exec(page.replaceAll(/[\n\t]/g, ""))).toBeNull();
  });

  it("says what was not measured in words, and never as zero", () => {
    const page = choicesHtml(withAll(plain));
    expect(page).toMatch(/not run: zap\.sh is not installed/);
    expect(page).toMatch(/not learnt: offline/);
    expect(choicesHtml(madeInput({ say: plain }))).toMatch(/not run: no scanner was asked for/);
  });

  it("has the same sections as the Markdown report", () => {
    const markdown = reportMarkdown(withAll(plain));
    for (const title of ["What the agents chose", "What scanners said", "What the apps are built from"])
      expect(markdown).toContain(`## ${title}`);
  });
});

it("is plain in a terminal", () => {
  const look = { color: false, width: 80, verbose: true };
  const overlaps = hostile.sessions.map((session) => {
    const runs = session.scanners?.runs ?? [];
    const evaluated = session.evaluation !== null;
    return { session: session.record.identity.id, evaluated, runs, ...overlapOf(holesOf(session, hostile), runs) };
  });
  const [session] = hostile.sessions;
  const texts = [
    ...scannerLines(session?.scanners as ScannerReport, look),
    ...supplyLines(session?.supplyChain as SupplyChain, look),
    ...choicesLines(sessionChoices(hostile.sessions), look),
    ...overlapLines(overlaps, look),
  ];
  expect(texts.length).toBeGreaterThan(20);
  for (const line of texts) expect(line).not.toMatch(UNSAFE);
});
