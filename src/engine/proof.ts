import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { HostAsked } from "../model/network.ts";
import type { Proof } from "../model/session.ts";
import { snapshot } from "../workspace/snapshot.ts";

/** Words that an agent can only have from a place where it must not look. */
export interface Mark {
  words: string;
  /** Where they stand, in words: `the catalogue of exploits`. */
  where: string;
}

/** What guards one session: how it is contained, what would show that it looked, and what it may not change. */
export interface Guard {
  sandbox: string;
  marks: readonly Mark[];
  /** Files and folders by name; their content is hashed before the first step and after the last. */
  fixed: Readonly<Record<string, string>>;
}

/** Keeps the proof of one session while its steps go on. */
export class ProofKeeper {
  readonly #guard: Guard;
  readonly #hashes: Record<string, string>;
  readonly #hosts = new Map<string, HostAsked>();
  readonly #leftOut: Proof["leftOut"] = [];
  readonly #breaches = new Set<string>();

  /** `before` is what was kept of the session's earlier steps, when it goes on after it was cut off. */
  constructor(guard: Guard, before: Proof | null = null) {
    this.#guard = guard;
    this.#hashes = before?.hashes ?? hashesOf(guard.fixed);
    for (const one of before?.hosts ?? []) this.#hosts.set(keyOf(one), { ...one });
    this.#leftOut.push(...(before?.leftOut ?? []));
    for (const breach of before?.breaches ?? []) this.#breaches.add(breach);
  }

  /** After each step: the hosts asked for, what the commit left out, and the work tree as the step left it. */
  step(
    step: number,
    hosts: readonly HostAsked[],
    leftOut: readonly { path: string; why: string }[],
    tree: string,
  ): void {
    for (const one of hosts) {
      const key = keyOf(one);
      const known = this.#hosts.get(key);
      if (known) known.times += one.times;
      else this.#hosts.set(key, { ...one });
    }
    for (const one of leftOut) this.#leftOut.push({ step, ...one });
    for (const { content, path } of snapshot(tree, []))
      this.#look(content, `the work tree after step ${step}, in ${path.toString("utf8")}`);
  }

  /** All that was kept of the session (transcripts, raw streams) is searched, and what may not change is hashed again. */
  finish(kept: string): Proof {
    for (const file of filesBelow(kept))
      this.#look(readFileSync(file), `its transcript, in ${file.slice(kept.length + 1)}`);
    for (const [name, hash] of Object.entries(hashesOf(this.#guard.fixed)))
      if (this.#hashes[name] !== hash) this.#breaches.add(`${name} changed while the session ran`);
    return this.soFar();
  }

  /** What is known now: kept after each step, so that a session that is cut off loses nothing of it. */
  soFar(): Proof {
    return {
      sandbox: this.#guard.sandbox,
      hosts: [...this.#hosts.values()],
      hashes: this.#hashes,
      leftOut: this.#leftOut,
      breaches: [...this.#breaches],
    };
  }

  #look(content: Buffer, place: string): void {
    for (const { words, where } of this.#guard.marks)
      if (content.includes(words))
        this.#breaches.add(`It looked into ${where}: words that stand only there are in ${place}`);
  }
}

const keyOf = ({ host, port, allowed }: HostAsked) => `${host} ${port} ${allowed}`;

function hashesOf(fixed: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fixed).map(([name, path]) => [name, hashOf(path)]));
}

/** SHA-256 over the names and bytes of all files below a path. */
function hashOf(path: string): string {
  const hash = createHash("sha256");
  for (const file of statSync(path).isDirectory() ? filesBelow(path) : [path])
    hash.update(file.slice(path.length)).update("\0").update(readFileSync(file)).update("\0");
  return hash.digest("hex");
}

function filesBelow(folder: string): string[] {
  const out: string[] = [];
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    const stat = lstatSync(path);
    if (stat.isDirectory() && !["node_modules", ".venv", ".next", "__pycache__"].includes(name))
      out.push(...filesBelow(path));
    else if (stat.isFile()) out.push(path);
  }
  return out;
}
