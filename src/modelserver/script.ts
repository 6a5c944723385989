import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { UserError } from "../util/errors.ts";

/** What the model is made to do with the tools that the client offers. */
const Action = z.union([
  z.strictObject({ write: z.string(), content: z.string() }),
  /** The content is that of a file, named relative to the script. */
  z.strictObject({ write: z.string(), file: z.string() }),
  /** Every file below a folder, written at the same place below the work tree. */
  z.strictObject({ writeAll: z.string() }),
  z.strictObject({ read: z.string() }),
  z.strictObject({ run: z.string() }),
  /** Any tool by its name, such as one of an MCP server. */
  z.strictObject({ call: z.string(), input: z.record(z.string(), z.unknown()).default({}) }),
]);

/** How an answer goes wrong before it goes well; each applies to the next `times` requests for that answer. */
const Trouble = z.union([
  z.strictObject({
    status: z.number().int().min(400).max(599),
    times: z.number().int().min(1).default(1),
    retryAfterSeconds: z.number().min(0).optional(),
  }),
  /** The connection is cut after so many events of the stream. */
  z.strictObject({ dropAfterEvents: z.number().int().min(0), times: z.number().int().min(1).default(1) }),
  /** The request is taken and never answered. */
  z.strictObject({ hang: z.literal(true), times: z.number().int().min(1).default(1) }),
]);
export type Trouble = z.infer<typeof Trouble>;

/** Tokens that the answer claims to have cost; estimated at four characters a token where the script is silent. */
const Usage = z.strictObject({
  in: z.number().int().min(0),
  out: z.number().int().min(0),
  cached: z.number().int().min(0).default(0),
  reasoning: z.number().int().min(0).default(0),
});
export type Usage = z.infer<typeof Usage>;

const ScriptedAnswer = z.strictObject({
  say: z.string().optional(),
  do: z.array(Action).default([]),
  usage: Usage.optional(),
  /** A slow stream: the pause before each event. */
  eventDelayMs: z.number().int().min(0).default(0),
  trouble: z.array(Trouble).default([]),
});

const ScriptFile = z.strictObject({
  /** The name that answers carry; the one asked for when absent. */
  model: z.string().optional(),
  turns: z
    .array(
      z.strictObject({
        /** Taken when the prompt has this piece; a turn without `when` and `given` is taken once, in order. */
        when: z.string().optional(),
        /** Taken only when the whole request has this piece, such as a line of an instruction file. */
        given: z.string().optional(),
        answers: z.array(ScriptedAnswer).min(1),
      }),
    )
    .min(1),
});

/** One thing done through a tool of the client. */
export type Deed =
  | { kind: "write"; path: string; content: string }
  | { kind: "read"; path: string }
  | { kind: "run"; command: string }
  | { kind: "call"; tool: string; input: Record<string, unknown> };

export interface Answer {
  say: string | undefined;
  deeds: readonly Deed[];
  usage: Usage | undefined;
  eventDelayMs: number;
  trouble: readonly Trouble[];
}

export interface Turn {
  when: string | undefined;
  given: string | undefined;
  answers: readonly Answer[];
}

export interface Script {
  model: string | undefined;
  turns: readonly Turn[];
}

/** Reads a script (YAML or JSON). Throws UserError("bad-script") with the place and what was expected there. */
export function loadScript(file: string): Script {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new UserError("not-found", `There is no script ${file}.`);
  }
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new UserError("bad-script", `${file} is not YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  return readScript(value, dirname(resolve(file)), file);
}

/** Reads a script that is at hand as data; `folder` is what its file names are relative to. */
export function readScript(value: unknown, folder: string, name = "The script"): Script {
  const parsed = ScriptFile.safeParse(value);
  if (!parsed.success)
    throw new UserError("bad-script", `${name} is not as it should be:\n${z.prettifyError(parsed.error)}`);
  const { model, turns } = parsed.data;
  for (const [i, { answers }] of turns.entries()) {
    const early = answers.slice(0, -1).findIndex((answer) => answer.do.length === 0);
    if (early >= 0)
      throw new UserError(
        "bad-script",
        `${name}: answer ${early + 1} of turn ${i + 1} does nothing, so that the turn would end there.`,
        "Give it something to do, or make it the last.",
      );
  }
  return {
    model,
    turns: turns.map(({ when, given, answers }) => ({
      when,
      given,
      answers: answers.map((answer) => ({
        say: answer.say,
        deeds: answer.do.flatMap((action) => deedsOf(action, folder)),
        usage: answer.usage,
        eventDelayMs: answer.eventDelayMs,
        trouble: answer.trouble,
      })),
    })),
  };
}

function deedsOf(action: z.infer<typeof Action>, folder: string): Deed[] {
  if ("writeAll" in action) {
    const root = resolve(folder, action.writeAll);
    return filesBelow(root).map((path) => ({
      kind: "write",
      path: relative(root, path).split(sep).join("/"),
      content: readText(path),
    }));
  }
  if ("write" in action)
    return [
      {
        kind: "write",
        path: action.write,
        content: "content" in action ? action.content : readText(resolve(folder, action.file)),
      },
    ];
  if ("read" in action) return [{ kind: "read", path: action.read }];
  if ("run" in action) return [{ kind: "run", command: action.run }];
  return [{ kind: "call", tool: action.call, input: action.input }];
}

function filesBelow(root: string): string[] {
  try {
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch {
    throw new UserError("bad-script", `There is no folder ${root}, which the script writes.`);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw new UserError("bad-script", `There is no file ${path}, which the script writes.`);
  }
}
