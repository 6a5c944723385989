import { afterAll, expect, it } from "vitest";
import { bubblewrapProblem } from "../../src/sandbox/index.ts";
import { Arena, killOften } from "./kills.ts";

const problem = bubblewrapProblem();
const arena = new Arena("work", ["bare"]);
afterAll(() => arena.remove());

it.skipIf(problem !== undefined)(
  `a study that is killed again and again gives what an undisturbed one gives, and leaves nothing${problem ? ` (${problem})` : ""}`,
  async () => {
    const { kills, different, orphans, leftovers } = await killOften(arena, 3, 20261121);
    expect(kills).toBe(3);
    expect({ different, orphans, leftovers }).toEqual({ different: [], orphans: [], leftovers: [] });
  },
  600_000,
);
