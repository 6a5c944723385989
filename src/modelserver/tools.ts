import type { Asked, ToolCall } from "./asked.ts";
import type { Deed } from "./script.ts";

/** A deed as a call of a tool that this client offers. Throws a plain Error that names what is missing. */
export function callFor(deed: Deed, id: string, { tools }: Asked): ToolCall {
  const offered = (...names: string[]) => names.find((name) => tools.has(name));
  switch (deed.kind) {
    case "call": {
      const tool = tools.get(deed.tool);
      if (!tool) throw new Error(`the client offers no tool ${deed.tool}: ${[...tools.keys()].join(", ")}`);
      const { name, namespace } = tool;
      return { id, tool: name, input: deed.input, ...(namespace === undefined ? {} : { namespace }) };
    }
    case "write": {
      const write = offered("Write");
      if (write) return { id, tool: write, input: { file_path: deed.path, content: deed.content } };
      const patch = offered("apply_patch");
      const text = addFile(deed.path, deed.content);
      if (patch && tools.get(patch)?.type === "custom") return { id, tool: patch, input: text };
      return shell(`apply_patch <<'${HEREDOC}'\n${text}${HEREDOC}\n`);
    }
    case "read": {
      const read = offered("Read");
      return read ? { id, tool: read, input: { file_path: deed.path } } : shell(`cat ${quoted(deed.path)}`);
    }
    case "run":
      return shell(deed.command);
  }

  function shell(command: string): ToolCall {
    const bash = offered("Bash");
    if (bash) return { id, tool: bash, input: { command, description: "Runs a command of the script" } };
    const exec = offered("exec_command");
    if (exec) return { id, tool: exec, input: { cmd: command } };
    const text = offered("shell_command");
    if (text) return { id, tool: text, input: { command } };
    const list = offered("shell");
    if (list) return { id, tool: list, input: { command: ["bash", "-lc", command] } };
    throw new Error(`the client offers no tool that runs commands: ${[...tools.keys()].join(", ")}`);
  }
}

const HEREDOC = "END_OF_SCRIPTED_PATCH";

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** A file as a patch in the format that Codex applies. */
function addFile(path: string, content: string): string {
  const lines = content.replace(/\n$/, "").split("\n");
  return `*** Begin Patch\n*** Add File: ${path}\n${lines.map((line) => `+${line}`).join("\n")}\n*** End Patch\n`;
}
