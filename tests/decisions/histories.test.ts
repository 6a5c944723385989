import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { historyOf } from "../../src/cli/ledger.ts";
import { withFirstSeen } from "../../src/decisions/index.ts";
import { Decision } from "../../src/model/decision.ts";
import { KeptRepository } from "../../src/workspace/index.ts";

const HERE = import.meta.dirname;
const RECORDINGS = join(HERE, "..", "..", "recordings");

/** A line as it was checked by hand against the source and the history of its file; `of` is the secret's name. */
const Line = Decision.pick({ topic: true, choice: true, file: true, line: true, step: true }).extend({
  of: z.string().optional(),
});
type Line = z.infer<typeof Line>;

const textOf = ({ topic, choice, file, line, step, of }: Line) =>
  `${[topic, choice, of].filter(Boolean).join(", ")}: ${file}:${line}, step ${step}`;

const made: string[] = [];

afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

describe("over the steps of a recorded session, every choice of these topics has its place and its step", () => {
  for (const name of readdirSync(join(HERE, "histories"))) {
    const id = name.replace(/\.json$/, "");
    const bundle = join(RECORDINGS, id, "repository.bundle");
    test.skipIf(!existsSync(bundle))(
      `${id} (skipped while its bundle is not recorded)`,
      async () => {
        const expected = z.array(Line).parse(JSON.parse(readFileSync(join(HERE, "histories", name), "utf8")));
        const topics = new Set(expected.map(({ topic }) => topic));
        const scratch = mkdtempSync(join(tmpdir(), "history-"));
        made.push(scratch);
        const { ledgers } = await historyOf(await KeptRepository.open(bundle, scratch), scratch);
        const last = ledgers.at(-1)?.decisions ?? [];
        const read = withFirstSeen(last, ledgers).flatMap((decision, i) => {
          const of = last[i]?.of;
          return topics.has(decision.topic) ? [textOf({ ...decision, ...(of && { of }) })] : [];
        });
        expect(read.sort()).toEqual(expected.map(textOf).sort());
      },
      60_000,
    );
  }
});
