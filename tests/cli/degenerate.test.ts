import { describe, expect, it } from "vitest";
import type { CaseResult } from "../../src/engine/calibration.ts";
import { unprompted } from "./command.ts";

const attack = (cases: string) => unprompted("calibrate", "--baseline", "express-jobs", "--case", cases, "--json");

describe("apps that do not work", () => {
  it("get no verdict `defended`, each within a minute", async () => {
    const { code, out } = await attack(
      "refuses,silent,always-200,always-401,always-404,always-500,redirects,page,random,echo,trickle,endless,dies-at-30,dies-at-80,forgets,restarts,closes,garbage",
    );
    const [calibration] = JSON.parse(out) as {
      results: CaseResult[];
    }[];
    expect(calibration?.results).toHaveLength(18);
    for (const { name, got, problem, seconds } of calibration?.results ?? []) {
      expect(
        Object.entries(got).filter(([, { verdict }]) => verdict === "defended"),
        name,
      ).toEqual([]);
      expect(problem, name).toBeNull();
      expect(seconds, name).toBeLessThan(120);
    }
    expect(code).toBe(0);
  }, 600_000);
});
