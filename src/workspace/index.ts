import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { git } from "../util/git.ts";

/** What a step changed, counted by git. */
export interface Change {
  commit: string;
  filesChanged: number;
  linesAdded: number;
  linesRemoved: number;
  diff: string;
}

/** A session's own repository. Its metadata lies outside the work tree, where no agent can reach or shape it. */
export class Workspace {
  readonly workTree: string;
  readonly #gitDir: string;

  private constructor(gitDir: string, workTree: string) {
    this.#gitDir = gitDir;
    this.workTree = workTree;
  }

  /** A fresh repository below `folder`, with an empty work tree. */
  static async create(folder: string): Promise<Workspace> {
    const gitDir = join(folder, "repository.git");
    const workTree = join(folder, "tree");
    mkdirSync(workTree, { recursive: true });
    await git(["init", "-q", "--initial-branch=main", "--template="], { gitDir });
    return new Workspace(gitDir, workTree);
  }

  /** Commits all that is in the work tree and says what changed. A step that changed nothing is a commit too. */
  async commit(message: string): Promise<Change> {
    const where = { gitDir: this.#gitDir, workTree: this.workTree };
    await git(
      [
        "add",
        "-A",
        "--force",
        "--",
        ".",
        ":(exclude)node_modules",
        ":(exclude).venv",
        ":(exclude).next",
        ":(exclude)**/__pycache__",
      ],
      where,
    );
    await git(["commit", "-q", "--allow-empty", "--no-verify", "-m", message], where);
    const commit = (await git(["rev-parse", "HEAD"], where)).trim();
    const parents = (await git(["rev-list", "--parents", "-n", "1", "HEAD"], where)).trim().split(" ");
    const range = parents[1] ? [parents[1], commit] : ["--root", commit];
    const numbers = (await git(["diff-tree", "-r", "--numstat", "--no-commit-id", "-z", ...range], where))
      .split("\0")
      .filter(Boolean);
    const diff = parents[1]
      ? await git(["diff", "--no-ext-diff", "--no-textconv", "--no-color", parents[1], commit], where)
      : "";
    let [linesAdded, linesRemoved] = [0, 0];
    for (const line of numbers) {
      const [added, removed] = line.split("\t");
      linesAdded += Number(added) || 0;
      linesRemoved += Number(removed) || 0;
    }
    return { commit, filesChanged: numbers.length, linesAdded, linesRemoved, diff };
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
    rmSync(gitDir, { recursive: true, force: true });
    await git(["init", "-q", "--bare", "--template="], { gitDir });
    await git(["fetch", "-q", bundle, "+refs/heads/*:refs/heads/*"], { gitDir });
    return new KeptRepository(gitDir);
  }

  /** Makes the work tree hold exactly what a commit holds. */
  async checkOut(commit: string, workTree: string): Promise<void> {
    mkdirSync(workTree, { recursive: true });
    for (const entry of readdirSync(workTree)) rmSync(join(workTree, entry), { recursive: true, force: true });
    await git(["read-tree", "--reset", commit], { gitDir: this.#gitDir, workTree });
    await git(["checkout-index", "-a", "-f", "-q"], { gitDir: this.#gitDir, workTree });
  }

  /** The newest commit of the branch `main`. */
  async head(): Promise<string> {
    return (await git(["rev-parse", "refs/heads/main"], { gitDir: this.#gitDir })).trim();
  }
}
