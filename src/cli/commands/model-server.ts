import { appendFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { loadScript, startModelServer } from "../../modelserver/index.ts";

interface Options {
  port: number;
  key?: string;
  log?: string;
}

const portNumber = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65535)
    throw new InvalidArgumentError("a port from 0 to 65535, please.");
  return value;
};

export function modelServerCommand(signal: AbortSignal): Command {
  return new Command("model-server")
    .description(
      "A model that follows a script: Anthropic Messages and OpenAI Responses on loopback. No model is asked.",
    )
    .argument("<script>", "what it answers, in YAML or JSON (docs/model-server.md)")
    .option("--port <n>", "where it listens on 127.0.0.1; 0 takes a free one", portNumber, 4010)
    .option("--key <key>", "refuse requests with any other key")
    .option("--log <file>", "append each request and what it got, one JSON object a line")
    .addHelpText(
      "after",
      `
Examples:
  unprompted model-server script.yaml
  ANTHROPIC_BASE_URL=http://127.0.0.1:4010 ANTHROPIC_API_KEY=any claude -p "Add a login"`,
    )
    .action(async (file: string, options: Options) => {
      const server = await startModelServer(loadScript(file), {
        port: options.port,
        ...(options.key === undefined ? {} : { key: options.key }),
        onExchange(exchange) {
          const { protocol, place, gave } = exchange;
          const where = place ? `turn ${place.turn + 1}, answer ${place.answer + 1}: ` : "";
          process.stderr.write(`${protocol}: ${where}${gave}\n`);
          if (options.log) appendFileSync(options.log, `${JSON.stringify(exchange)}\n`);
        },
      });
      process.stdout.write(`http://127.0.0.1:${server.port}\n`);
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      await server.stop();
    });
}
