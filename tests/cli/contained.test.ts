import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { start } from "./command.ts";

const folder = mkdtempSync(join(tmpdir(), "unprompted-contained-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("lets no agent work where nothing contains it, and says what to do", async () => {
  const study = join(folder, "study.yaml");
  writeFileSync(
    study,
    "id: x\nscenario: pipeline-jobs\nbaselines: [express-jobs]\nagents: [{ id: a, kind: command, command: [/bin/true] }]\n",
  );
  // A machine without bubblewrap: nothing is on its PATH but git.
  symlinkSync("/usr/bin/git", join(folder, "git"));
  const env = { ...process.env, PATH: folder };
  for (const sandbox of ["auto", "bubblewrap"]) {
    const { code, err } = await start(["run", study, "--sandbox", sandbox, "--out", join(folder, "run")], { env }).done;
    expect(code).toBe(2);
    expect(err).toMatch(/bubblewrap \(bwrap\) is not installed/);
    expect(err).toMatch(/apt-get install bubblewrap.*--sandbox none/s);
  }
});
