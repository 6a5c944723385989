// Read with swc, since this tool knows TypeScript up to 6 only; scripts/check.mjs fails when it sees next to no modules.
// Circles of imports are for biome (noImportCycles), which tells types from values.
// The import law of ARCHITECTURE.md: what each folder of src may import. Anything not allowed is forbidden.
const law = {
  model: [],
  util: [],
  stats: ["model"],
  store: ["model", "util"],
  sandbox: ["model", "util"],
  http: ["model", "util"],
  workspace: ["model", "util", "sandbox"],
  agents: ["model", "util", "sandbox", "workspace"],
  modelserver: ["util"],
  app: ["model", "util", "sandbox", "http"],
  contract: ["model", "util", "http"],
  exploits: ["model", "util", "http", "contract"],
  decisions: ["model", "util"],
  delivery: ["model", "util", "sandbox", "app"],
  scanners: ["model", "util", "sandbox"],
  "supply-chain": ["model", "util"],
  engine: ["model", "util", "http", "contract", "exploits", "app", "agents/agent.ts", "store", "workspace"],
  report: ["model", "stats", "store", "util"],
  view: ["model", "store", "util"],
};

module.exports = {
  forbidden: [
    ...Object.entries(law).map(([folder, allowed]) => ({
      name: `${folder}-imports`,
      comment: `src/${folder} may import ${allowed.length ? allowed.map((name) => `src/${name}`).join(", ") : "nothing of src"} only. Move the code, or change the law here and in ARCHITECTURE.md with the reason.`,
      severity: "error",
      from: { path: `^src/${folder}/` },
      to: { path: "^(src|scenarios)/", pathNot: [`^src/${folder}/`, ...allowed.map((name) => `^src/${name}${name.endsWith(".ts") ? "$" : "/"}`)] },
    })),
    {
      name: "scenarios-imports",
      comment: "A scenario builds on model, http, contract and exploits; it knows no command and no report.",
      severity: "error",
      from: { path: "^scenarios/" },
      to: { path: "^src/", pathNot: ["^src/(model|util|http|contract|exploits)/"] },
    },
    {
      name: "viewer-imports",
      comment: "The browser app knows the model, the statistics and two pure files; all else it asks of its server.",
      severity: "error",
      from: { path: "^viewer/" },
      to: { path: "^(src|scenarios)/", pathNot: ["^src/(model|stats)/", "^src/util/seeded.ts$", "^src/report/html/visible.js$"] },
    },
    { name: "nobody-imports-viewer", severity: "error", from: { pathNot: "^viewer/" }, to: { path: "^viewer/" } },
    { name: "nobody-imports-cli", severity: "error", from: { pathNot: "^src/cli/" }, to: { path: "^src/cli/" } },
    { name: "unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { extensions: [".ts", ".tsx", ".mjs", ".js"], exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};
