import type { Duplex, Readable, Writable } from "node:stream";
import type { HostAsked } from "../model/network.ts";

/** Bounds on what a contained program may use. All are enforced by ending the whole process tree. */
export interface Limits {
  /** Sum of resident memory over the process tree. */
  memoryBytes: number;
  processes: number;
  /** The largest single file that the program may write. */
  fileBytes: number;
  /** Sum over all that it may write, /tmp and HOME included; undefined: only single files are bounded. `spawn` alone. */
  diskBytes?: number;
}

export const APP_LIMITS: Limits = { memoryBytes: 2 * 1024 ** 3, processes: 512, fileBytes: 2 * 1024 ** 3 };
export const BUILD_LIMITS: Limits = { memoryBytes: 6 * 1024 ** 3, processes: 2048, fileBytes: 4 * 1024 ** 3 };

/** An agent at work: its own tools, installs and test servers. */
export const AGENT_LIMITS: Limits = {
  memoryBytes: 6 * 1024 ** 3,
  processes: 1024,
  fileBytes: 4 * 1024 ** 3,
  diskBytes: 12 * 1024 ** 3,
};

/** What a contained program may see of the disk beyond the system's own read-only folders. */
export interface View {
  /** Folders that it may write. The first is usually its working folder. */
  writable: readonly string[];
  /** Folders or files that it may read although they lie below a hidden place (HOME, /tmp). */
  readable: readonly string[];
  /** Its private HOME; created when missing. */
  home: string;
}

export interface Command {
  /** Run by `sh -c`. */
  shell: string;
  cwd: string;
  /** The whole environment; nothing is inherited. */
  env: Readonly<Record<string, string>>;
  view: View;
  limits: Limits;
}

export interface OneOff extends Command {
  /**
   * `true`: the machine's own network. `public`: through HTTP_PROXY and HTTPS_PROXY, any host but this machine's own
   * addresses, other than those that its environment names as registries; for installs and builds of others' code.
   */
  network: boolean | "public";
  timeoutMs: number;
  signal?: AbortSignal;
  /** Called with each piece of output as it comes. */
  onOutput?: (text: string) => void;
}

export interface Finished {
  /** `null` when a signal or a limit ended it. */
  exitCode: number | null;
  /** Why we ended it, when we did. */
  ended?: "timeout" | "aborted" | "limit";
  /** The last 64 KiB of stdout and stderr together. */
  output: string;
  durationMs: number;
}

export interface ServeCommand extends Command {
  /** The port that the app is told to use (PORT). Without namespaces a free one; within, always 8000. */
  port: number;
}

export type AppExit = { code: number | null; signal: string | null; limit?: string };

/** A running server inside the sandbox. */
export interface Served {
  /** Opens a byte stream to a port of the app; `from` is the loopback source address, where the sandbox can set it. */
  connect(port: number, from: string): Promise<Duplex>;
  /** Ports that the app's processes listen on now, ascending; empty when that cannot be known here. */
  listening(): Promise<number[]>;
  /** Resolves when the app's first process has ended, by itself or by us. */
  readonly exited: Promise<AppExit>;
  readonly hasExited: boolean;
  /** The last 256 KiB that it wrote, and how many bytes in all. */
  output(): { text: string; totalBytes: number };
  /** Ends the whole process tree and waits for it. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * `none`: loopback only. `hosts`: through HTTP_PROXY and HTTPS_PROXY, which are set for it, to the hosts of `allow`
 * alone (`example.com`, `*.example.com`, `example.com:8443`; an empty list allows none); every host asked for is noted.
 * `forwards` are ports at 127.0.0.1 inside that lead to a host and port as this machine sees them.
 */
export type Network = { kind: "none" } | { kind: "hosts"; allow: readonly string[]; forwards: readonly Forward[] };

export interface Forward {
  port: number;
  to: { host: string; port: number };
}

export interface SpawnCommand extends Omit<Command, "shell"> {
  /** The program and its arguments, as they are: no shell reads them. The program is looked up on `env.PATH`. */
  argv: readonly string[];
  network: Network;
  /** Ends the whole tree after this time; undefined: never. */
  timeoutMs?: number;
  /** Ends the whole tree when it aborts. */
  signal?: AbortSignal;
}

/** A program that one talks with. */
export interface Spawned {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /**
   * Resolves once no process of the tree is left: after the program ended, after `stop`, or at a limit, which `limit`
   * then names (`memory: …`, `processes: …`, `disk: …`, `time: …`, `aborted`).
   */
  readonly exited: Promise<AppExit>;
  /** Hosts asked for until now; also after the end. */
  hosts(): HostAsked[];
  /** Ends the whole process tree and waits for it. Safe to call twice. */
  stop(): Promise<void>;
}

/** Contains programs. Every implementation passes tests/sandbox. */
export interface Sandbox {
  readonly name: "bubblewrap" | "none";
  /** What running without namespaces costs, in one line; empty when nothing is lost. */
  readonly cost: string;
  /** True when each server has ports of its own, so that any number can use port 8000. */
  readonly ownPorts: boolean;
  run(command: OneOff): Promise<Finished>;
  serve(command: ServeCommand): Promise<Served>;
  /** Starts an interactive program. Throws HarnessError when it cannot be contained as asked. */
  spawn(command: SpawnCommand): Promise<Spawned>;
}
