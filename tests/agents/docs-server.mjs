// A server of the Model Context Protocol over stdio with one tool, `search`, which always finds the same.
import { createInterface } from "node:readline";

const RESULTS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: "docs", version: "1.0.0" },
  }),
  "tools/list": () => ({
    tools: [
      {
        name: "search",
        description: "Searches the documentation.",
        inputSchema: { type: "object", properties: { query: { type: "string" } } },
      },
    ],
  }),
  "tools/call": () => ({ content: [{ type: "text", text: "FOUND-IN-DOCS" }] }),
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  const result = RESULTS[method]?.(params) ?? {};
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, result })}\n`);
});
