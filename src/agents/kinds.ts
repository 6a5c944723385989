/** What there is to know about a kind of agent before it is started. */
export interface AgentKind {
  kind: "claude-code" | "codex";
  name: string;
  program: string;
  /** The npm package that brings it. */
  npm: string;
  /** The version that our tests drive. */
  tested: string;
  /** Hosts that it needs to reach its model. */
  hosts: readonly string[];
  /** Variables by which it signs in; the first that is set is handed on. */
  variables: readonly string[];
  /** Files of the user's HOME by which it signs in; copied into the private HOME, nothing else of it. */
  files: readonly string[];
  /** The name under which it looks for instructions in a repository. */
  instructions: readonly string[];
}

export const AGENT_KINDS = {
  "claude-code": {
    kind: "claude-code",
    name: "Claude Code",
    program: "claude",
    npm: "@anthropic-ai/claude-code",
    tested: "2.1.330",
    hosts: ["api.anthropic.com", "platform.claude.com"],
    variables: ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"],
    files: [".claude/.credentials.json"],
    instructions: ["CLAUDE.md"],
  },
  codex: {
    kind: "codex",
    name: "Codex",
    program: "codex",
    npm: "@openai/codex",
    tested: "0.169.0",
    hosts: ["api.openai.com", "chatgpt.com", "auth.openai.com"],
    variables: ["CODEX_API_KEY", "OPENAI_API_KEY"],
    files: [".codex/auth.json"],
    instructions: ["AGENTS.md"],
  },
} as const satisfies Record<string, AgentKind>;

/** Names under which agents look for instructions, for those of which nothing is known. */
export const ANY_INSTRUCTIONS = ["AGENTS.md", "CLAUDE.md", "GEMINI.md"];

/** Where packages come from: any agent may install what it needs. */
export const REGISTRIES = [
  "registry.npmjs.org",
  "pypi.org",
  "files.pythonhosted.org",
  "proxy.golang.org",
  "sum.golang.org",
  "static.crates.io",
  "index.crates.io",
  "repo.maven.apache.org",
];
