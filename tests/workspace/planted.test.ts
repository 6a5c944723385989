import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keepSecret } from "../../src/util/secrets.ts";
import { KeptRepository, Workspace } from "../../src/workspace/index.ts";

let root: string;
let work: Workspace;
let ran: string;
/** A command that leaves a trace when anything of ours runs it. */
let trap: string;
beforeEach(async () => {
  root = mkdtempSync(join(realpathSync(tmpdir()), "unprompted-planted-"));
  ran = join(root, "ran");
  trap = `touch '${ran}'`;
  work = await Workspace.create(join(root, "session"));
  put("app.py", "print(1)\n");
  await work.commit("baseline");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const put = (path: string, content: string | Buffer, mode = 0o644) => {
  const file = join(work.workTree, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, content, { mode });
  chmodSync(file, mode);
};
const inTree = (...args: string[]) =>
  execFileSync("git", ["-c", "user.name=x", "-c", "user.email=x@x", ...args], { cwd: work.workTree, stdio: "pipe" });
/** Commits, bundles, reads the bundle again as evaluation does, and gives the tree that it then works on. */
async function readBack(): Promise<string> {
  await work.bundle(join(root, "b"));
  const kept = await KeptRepository.open(join(root, "b"), root);
  const tree = join(root, "back");
  await kept.checkOut(await kept.head(), tree);
  return tree;
}

describe("a work tree that was shaped to mislead us", () => {
  it("runs no hook, filter, monitor, diff or alias that stands in a repository planted there", async () => {
    inTree("init", "-q");
    for (const hook of ["pre-commit", "post-commit", "reference-transaction", "post-checkout", "post-index-change"])
      put(`.git/hooks/${hook}`, `#!/bin/sh\n${trap}\n`, 0o755);
    for (const [key, value] of [
      ["core.fsmonitor", trap],
      ["core.hooksPath", ".git/hooks"],
      ["filter.x.clean", trap],
      ["filter.x.smudge", trap],
      ["filter.x.process", trap],
      ["diff.x.textconv", trap],
      ["diff.external", trap],
      ["core.sshCommand", trap],
      ["core.pager", trap],
      ["credential.helper", `!${trap}`],
      ["gpg.program", trap],
      ["alias.add", `!${trap}`],
    ] as const)
      inTree("config", key, value);
    put(".gitattributes", "* filter=x diff=x\n");
    put("new.py", "print(2)\n");
    const change = await work.commit("step 1");
    expect(readFileSync(join(await readBack(), "new.py"), "utf8")).toBe("print(2)\n");
    expect(change.diff).toContain("+print(2)");
    expect(existsSync(ran)).toBe(false);
  });

  it("keeps the files of a repository within, instead of a link to it", async () => {
    mkdirSync(join(work.workTree, "sub"));
    put("sub/main.py", "print(3)\n");
    spawnSync("sh", ["-c", "git init -q && git add -A && git -c user.name=x -c user.email=x@x commit -qm x"], {
      cwd: join(work.workTree, "sub"),
    });
    put(
      ".gitmodules",
      '[submodule "sub"]\n\tpath = sub\n\turl = https://example.invalid/x\n\tupdate = !touch /tmp/x\n',
    );
    await work.commit("step 1");
    expect(readFileSync(join(await readBack(), "sub/main.py"), "utf8")).toBe("print(3)\n");
  });

  it.each([
    ["a file that names another repository", () => put(".git", "gitdir: /etc\n")],
    ["a link to another repository", () => symlinkSync("/etc", join(work.workTree, ".git"))],
    ["alternates that lead to foreign objects", () => put(".git/objects/info/alternates", "/etc\n")],
  ])("is not led astray by .git as %s", async (_, plant) => {
    plant();
    put("new.py", "print(4)\n");
    expect((await work.commit("step 1")).filesChanged).toBe(1);
    expect(readdirSync(await readBack()).sort()).toEqual(["app.py", "new.py"]);
  });

  it("shows changes that attributes would hide, and changes no byte", async () => {
    put(".gitattributes", "*.py binary -diff\n*.txt text eol=crlf working-tree-encoding=UTF-16 ident\n");
    put(".gitignore", "*\n");
    put("app.py", "print('hidden')\n");
    put("a.txt", "$Id$\none\r\ntwo\n");
    const change = await work.commit("step 1");
    expect(change.diff).toContain("+print('hidden')");
    expect(change.linesAdded).toBeGreaterThan(3);
    expect(readFileSync(join(await readBack(), "a.txt"), "utf8")).toBe("$Id$\none\r\ntwo\n");
  });

  it("keeps names with newlines, quotes, leading dashes and bytes that are no text", async () => {
    const names = ["a\nb", 'q"uote\\', "-rf", "tab\t", "ünïcode", " space "];
    for (const name of names) put(name, name);
    writeFileSync(Buffer.concat([Buffer.from(`${work.workTree}/`), Buffer.from([0x78, 0xff])]), "bytes");
    expect((await work.commit("step 1")).filesChanged).toBe(names.length + 1);
    const back = await readBack();
    for (const name of names) expect(readFileSync(join(back, name), "utf8")).toBe(name);
  });

  it("keeps links, follows none, and gives evaluation only those that stay inside", async () => {
    writeFileSync(join(root, "secret"), "SECRET");
    const link = (target: string, path: string) => symlinkSync(target, join(work.workTree, path));
    mkdirSync(join(work.workTree, "d/e"), { recursive: true });
    put("d/e/f", "f");
    link("app.py", "stays");
    link(join(root, "secret"), "absolute");
    link("../../secret", "up");
    link(root, "folder");
    link(".", "d/e/up");
    link("d/e", "deep");
    link("deep/../../../../secret", "through");
    for (let i = 0; i < 500; i++) link("/etc/passwd", `many-${i}`);
    link("loop", "loop");
    const change = await work.commit("step 1");
    expect(change.diff).not.toContain("SECRET");
    const back = await readBack();
    expect(readdirSync(back).sort()).toEqual(["app.py", "d", "deep", "loop", "stays"]);
  });

  it("leaves out sockets, fifos and huge files, and says so, without waiting for any", async () => {
    const socket = createServer().listen(join(work.workTree, "s"));
    execFileSync("mkfifo", [join(work.workTree, "fifo")]);
    put("sparse", "");
    truncateSync(join(work.workTree, "sparse"), 2 ** 40);
    put("new.py", "print(5)\n");
    const { leftOut, filesChanged } = await work.commit("step 1");
    expect(filesChanged).toBe(1);
    expect(leftOut.map(({ path }) => path).sort()).toEqual(["fifo", "s", "sparse"]);
    socket.close();
  });

  it("stands a file that becomes a folder, and a folder that becomes a link to us", async () => {
    put("x", "file");
    put("y/z", "file");
    await work.commit("step 1");
    rmSync(join(work.workTree, "x"));
    rmSync(join(work.workTree, "y"), { recursive: true });
    put("x/inner", "now a folder");
    symlinkSync(root, join(work.workTree, "y"));
    expect((await work.commit("step 2")).filesChanged).toBe(4);
    const back = await readBack();
    expect(readFileSync(join(back, "x/inner"), "utf8")).toBe("now a folder");
    expect(lstatSync(join(back, "y"), { throwIfNoEntry: false })).toBeUndefined();
  });

  it.skipIf(process.getuid?.() === 0)("says which folders it could not read", async () => {
    put("closed/x", "x");
    chmodSync(join(work.workTree, "closed"), 0);
    expect((await work.commit("step 1")).leftOut).toEqual([{ path: "closed", why: "cannot be read: EACCES" }]);
    chmodSync(join(work.workTree, "closed"), 0o755);
  });

  it("commits ten thousand files in seconds", async () => {
    for (let i = 0; i < 10_000; i++) put(`many/${i % 100}/${i}`, String(i));
    const started = performance.now();
    expect((await work.commit("step 1")).filesChanged).toBe(10_000);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

describe("a secret that an agent wrote into its work", () => {
  it("is in no commit, no diff and no bundle, while all else of the file is", async () => {
    const secret = "planted-Secret-Of-The-Model-77";
    keepSecret("MODEL_KEY", secret);
    put(".env", `A=1\nMODEL_KEY=${secret}\nB=2\n`);
    put("binary", Buffer.concat([Buffer.from([0, 255]), Buffer.from(secret), Buffer.from([0])]));
    const { diff, leftOut } = await work.commit("step 1");
    expect(diff).not.toContain(secret);
    expect(leftOut.map(({ path, why }) => [path, why])).toEqual([
      [".env", "a secret in it was replaced"],
      ["binary", "a secret in it was replaced"],
    ]);
    const back = await readBack();
    expect(readFileSync(join(back, ".env"), "utf8")).toBe("A=1\nMODEL_KEY=[redacted MODEL_KEY]\nB=2\n");
    expect(readFileSync(join(back, "binary")).includes(secret)).toBe(false);
  });
});
