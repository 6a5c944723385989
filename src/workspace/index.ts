import { mkdirSync, readdirSync, readlinkSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { Readable } from "node:stream";
import { git } from "../util/git.ts";
import { removeTree } from "../util/scratch.ts";
import { redactBytes } from "../util/secrets.ts";
import { type LeftOut, snapshot } from "./snapshot.ts";

/** What a step changed, counted by git. */
export interface Change {
  commit: string;
  filesChanged: number;
  linesAdded: number;
  linesRemoved: number;
  diff: string;
  /** What the commit does not hold: sockets, unreadable folders, files beyond all bounds, secrets. */
  leftOut: LeftOut[];
}

/** What installing leaves at the top of a work tree. */
const INSTALLED = new Set(["node_modules", ".venv"]);

async function initRepository(gitDir: string): Promise<void> {
  await git(["init", "-q", "--bare", "--initial-branch=main", "--template="], { gitDir });
  // Wins over every .gitattributes of the tree: no filter, no conversion, no file declared binary to hide its diff.
  mkdirSync(join(gitDir, "info"), { recursive: true });
  writeFileSync(
    join(gitDir, "info", "attributes"),
    "* -text -ident -filter !eol !working-tree-encoding !diff !merge\n",
  );
}

/** One commit in the format of git-fast-import(1), with every file read by us; git answers with its name. */
function* commitStream(options: {
  workTree: string;
  message: string;
  parent: string | undefined;
  leftOut: LeftOut[];
  unseen: ReadonlySet<string>;
}): Generator<Buffer> {
  const text = Buffer.from(options.message);
  const who = "unprompted <session@unprompted.invalid> now";
  yield Buffer.from(`commit refs/heads/main\nmark :1\nauthor ${who}\ncommitter ${who}\ndata ${text.length}\n`);
  yield text;
  yield Buffer.from(`\n${options.parent ? `from ${options.parent}\n` : ""}deleteall\n`);
  for (const { path, mode, content: found } of snapshot(options.workTree, options.leftOut)) {
    if (options.unseen.has(path.toString("utf8"))) continue;
    const content = redactBytes(found);
    if (content !== found) options.leftOut.push({ path: path.toString("utf8"), why: "a secret in it was replaced" });
    yield Buffer.from(`M ${mode} inline ${quoted(path)}\ndata ${content.length}\n`);
    yield content;
    yield Buffer.from("\n");
  }
  yield Buffer.from("\nget-mark :1\ndone\n");
}

/** A path of any bytes as a C string. */
function quoted(path: Buffer): string {
  const plain = (byte: number) => byte > 0x1f && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
  const spelt = [...path].map((byte) =>
    plain(byte) ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`,
  );
  return `"${spelt.join("")}"`;
}

/**
 * A session's own repository. Its metadata lies outside the work tree, and git itself never looks into the work tree:
 * hooks, filters, attributes, submodules and repositories planted there have nobody to act on.
 */
export class Workspace {
  readonly workTree: string;
  readonly #gitDir: string;
  readonly #unseen: ReadonlySet<string>;
  readonly commits: string[] = [];

  private constructor(gitDir: string, workTree: string, unseen: readonly string[]) {
    this.#gitDir = gitDir;
    this.#unseen = new Set(unseen);
    this.workTree = workTree;
  }

  /**
   * A fresh repository below `folder`, with an empty work tree. Files named in `unseen`, at its top, are ours: they are
   * never committed and no part of any diff.
   */
  static async create(folder: string, unseen: readonly string[] = []): Promise<Workspace> {
    const gitDir = join(folder, "repository.git");
    const workTree = join(folder, "project");
    mkdirSync(workTree, { recursive: true });
    await initRepository(gitDir);
    return new Workspace(gitDir, workTree, unseen);
  }

  /** The same, gone on with from a bundle: branch and work tree are what they were at `commit`. */
  static async reopen(
    folder: string,
    bundle: string,
    commit: string,
    unseen: readonly string[] = [],
  ): Promise<Workspace> {
    rmSync(join(folder, "repository.git"), { recursive: true, force: true });
    const workspace = await Workspace.create(folder, unseen);
    const gitDir = workspace.#gitDir;
    await git(["fetch", "-q", bundle, "+refs/heads/main:refs/heads/main"], { gitDir });
    const history = await git(["rev-list", "--reverse", "--first-parent", commit], { gitDir });
    workspace.commits.push(...history.trim().split("\n"));
    await workspace.goBackTo(commit);
    return workspace;
  }

  /** Makes branch and work tree what they were at one of its commits; what is installed at the top stays. */
  async goBackTo(commit: string): Promise<void> {
    const where = { gitDir: this.#gitDir, workTree: this.workTree };
    this.commits.splice(this.commits.indexOf(commit) + 1);
    await git(["update-ref", "refs/heads/main", commit], { gitDir: this.#gitDir });
    mkdirSync(this.workTree, { recursive: true });
    for (const entry of readdirSync(this.workTree, { withFileTypes: true }))
      if (!entry.isDirectory() || !INSTALLED.has(entry.name)) removeTree(join(this.workTree, entry.name));
    await git(["read-tree", "--reset", "-u", commit], where);
  }

  /** Commits all that is in the work tree and says what changed. A step that changed nothing is a commit too. */
  async commit(message: string): Promise<Change> {
    const where = { gitDir: this.#gitDir };
    const leftOut: LeftOut[] = [];
    const parent = this.commits.at(-1);
    const input = commitStream({ workTree: this.workTree, message, parent, leftOut, unseen: this.#unseen });
    const importing = ["fast-import", "--quiet", "--done", "--date-format=now"];
    const commit = (await git(importing, { ...where, input: Readable.from(input) })).trim();
    this.commits.push(commit);
    if (!parent) return { commit, filesChanged: 0, linesAdded: 0, linesRemoved: 0, diff: "", leftOut };
    const numbers = (await git(["diff-tree", "-r", "--numstat", "-z", parent, commit], where))
      .split("\0")
      .filter(Boolean);
    const diff = await git(
      ["diff-tree", "-r", "-p", "--no-ext-diff", "--no-textconv", "--no-color", parent, commit],
      where,
    );
    let [linesAdded, linesRemoved] = [0, 0];
    for (const line of numbers) {
      const [added, removed] = line.split("\t");
      linesAdded += Number(added) || 0;
      linesRemoved += Number(removed) || 0;
    }
    return { commit, filesChanged: numbers.length, linesAdded, linesRemoved, diff, leftOut };
  }

  /** Writes the whole history into one file. */
  async bundle(file: string): Promise<void> {
    await git(["bundle", "create", "-q", file, "HEAD", "main"], { gitDir: this.#gitDir });
  }
}

/** A kept repository, read without ever trusting its content. */
export class KeptRepository {
  readonly #gitDir: string;

  private constructor(gitDir: string) {
    this.#gitDir = gitDir;
  }

  static async open(bundle: string, folder: string): Promise<KeptRepository> {
    const gitDir = join(folder, "kept.git");
    mkdirSync(folder, { recursive: true });
    rmSync(gitDir, { recursive: true, force: true });
    await initRepository(gitDir);
    await git(["fetch", "-q", bundle, "+refs/heads/*:refs/heads/*"], { gitDir });
    return new KeptRepository(gitDir);
  }

  /** Makes the work tree hold exactly what a commit holds, but for links that lead out of it: nothing of ours follows them. */
  async checkOut(commit: string, workTree: string): Promise<void> {
    mkdirSync(workTree, { recursive: true });
    for (const entry of readdirSync(workTree)) rmSync(join(workTree, entry), { recursive: true, force: true });
    await git(["read-tree", "--reset", "-u", commit], { gitDir: this.#gitDir, workTree });
    removeLeadingOut(workTree);
  }

  /** Brings the branch `main` of another bundle in beside this one's and returns its newest commit. */
  async add(bundle: string): Promise<string> {
    await git(["fetch", "-q", bundle, "refs/heads/main"], { gitDir: this.#gitDir });
    return (await git(["rev-parse", "FETCH_HEAD"], { gitDir: this.#gitDir })).trim();
  }

  /** Text files that are new or changed between two commits. */
  async changed(from: string, to: string): Promise<string[]> {
    const range = ["diff-tree", "-r", "--no-renames", "--diff-filter=d", "--numstat", "-z", from, to];
    return (await git(range, { gitDir: this.#gitDir })).split("\0").flatMap((line) => {
      const [added, , path] = line.split("\t");
      return path === undefined || added === "-" ? [] : [path];
    });
  }

  /** A file as a commit holds it. Throws HarnessError when it holds none of that name. */
  async text(commit: string, path: string): Promise<string> {
    return await git(["cat-file", "-p", `${commit}:${path}`], { gitDir: this.#gitDir });
  }

  async difference(from: string, to: string): Promise<string> {
    return await git(["diff", "--no-ext-diff", "--no-textconv", "--no-color", from, to], { gitDir: this.#gitDir });
  }

  /** The commit `baseline`, which has no parent. */
  async first(): Promise<string> {
    return (await git(["rev-list", "--max-parents=0", "refs/heads/main"], { gitDir: this.#gitDir })).trim();
  }

  /** The commits of the branch `main` with their subjects, the oldest first. */
  async history(): Promise<{ commit: string; subject: string }[]> {
    const log = await git(["log", "--first-parent", "--reverse", "--format=%H %s", "refs/heads/main"], {
      gitDir: this.#gitDir,
    });
    return log
      .split("\n")
      .filter(Boolean)
      .map((line) => ({ commit: line.slice(0, line.indexOf(" ")), subject: line.slice(line.indexOf(" ") + 1) }));
  }

  /** The newest commit of the branch `main`. */
  async head(): Promise<string> {
    return (await git(["rev-parse", "refs/heads/main"], { gitDir: this.#gitDir })).trim();
  }
}

const isOutside = (way: string): boolean => way === ".." || way.startsWith("../");

/** Removes links that lead out of a folder, directly or through one another. */
function removeLeadingOut(root: string): void {
  const leadsOut = (link: string): boolean => {
    const target = readlinkSync(link);
    if (isAbsolute(target) || isOutside(relative(root, resolve(dirname(link), target)))) return true;
    try {
      // Through another link, a path that looks inside can still lead out.
      return isOutside(relative(realpathSync(root), realpathSync(link)));
    } catch {
      return false;
    }
  };
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.isSymbolicLink() && leadsOut(path)) rmSync(path);
    }
  };
  visit(root);
}
