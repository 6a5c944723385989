// The figures: the 33 verdicts on a FastAPI app against the floor (the same requests by a bare client to the same number
// of copies, no logic) and against the same requests as curl processes, one after another, to one copy; our memory; and
// whether ten attacks give ten identical lists, half of them under load; and what preparing a session costs. Prints a
// table; --quick leaves the ten out.
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { performance } from "node:perf_hooks";
import { execa } from "execa";
import { prepareApp } from "../src/app/index.ts";
import { loadBaseline, loadScenario, PRODUCT, selectExploits } from "../src/cli/load.ts";
import { defaultJobs, evaluate } from "../src/engine/index.ts";
import { piecesOf, type Request, send } from "../src/http/index.ts";
import { chooseSandbox } from "../src/sandbox/index.ts";
import { keepHeapSmall } from "../src/util/memory.ts";

// As the commands do.
keepHeapSmall();

const say = (name: string, value: string) => process.stdout.write(`${name.padEnd(58)} ${value}\n`);
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;

// A second session on the same dependencies: what preparing costs besides the app's own build and start.
for (const name of ["fastapi-jobs", "express-jobs", "nextjs-jobs"]) {
  const times: string[] = [];
  for (const which of ["first", "second"]) {
    const started = performance.now();
    const prepared = await prepareApp({
      name,
      folder: `${PRODUCT}references/${name}/app`,
      recipe: loadBaseline(name).manifest,
      sandbox: chooseSandbox("auto").sandbox,
    });
    const { build, start, install } = prepared.report.durationsMs;
    const whole = performance.now() - started;
    await prepared.dispose();
    const cached = prepared.report.dependenciesCached;
    times.push(
      `${which} ${seconds(whole - build - start - (cached ? 0 : install))}${cached ? "" : " (installing left out)"}`,
    );
  }
  say(`preparing ${name}, our own time`, times.join(", "));
}

const baseline = "fastapi-jobs";
const { sandbox } = chooseSandbox("none");
const app = await prepareApp({
  name: "bench",
  folder: `${PRODUCT}references/${baseline}/app`,
  recipe: loadBaseline(baseline).manifest,
  sandbox,
});
const scenario = await loadScenario("pipeline-jobs");
const exploits = (await selectExploits("pipeline-jobs", {})).filter(({ id }) => id !== "T1-25");

async function attack(record?: Map<number, Request[]>): Promise<{ list: string; ms: number }> {
  const started = performance.now();
  const evaluation = await evaluate({
    target: { app },
    report: app.report,
    scenario,
    exploits,
    functional: false,
    ...(contract ? { contract } : {}),
    onSend: (copy, request) => record?.set(copy, [...(record.get(copy) ?? []), request]),
  });
  contract ??= evaluation.contract;
  return {
    list: evaluation.verdicts.map(({ id, verdict }) => `${id}=${verdict}`).join(" "),
    ms: performance.now() - started,
  };
}

let contract: Parameters<typeof evaluate>[0]["contract"];
let peak = 0;
const watch = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 20);
await attack();
clearInterval(watch);
say("our memory at its peak, the 50 MB uploads included", `${Math.round(peak / 1e6)} MB`);
// Every request of this one is kept, to be sent again.
const sent = new Map<number, Request[]>();
const ours = await attack(sent);
const total = [...sent.values()].reduce((sum, requests) => sum + requests.length, 0);
say(`the 32 verdicts that share copies, ${total} requests, ${sent.size} copies`, `${(ours.ms / 1000).toFixed(2)} s`);

const lanes = [...sent.values()];
const floorStarted = performance.now();
const waiting = [...lanes];
await Promise.all(
  Array.from({ length: defaultJobs() }, async () => {
    for (let requests = waiting.shift(); requests; requests = waiting.shift()) {
      const copy = app.newInstance();
      await copy.start();
      for (const request of requests) await send((from) => copy.connect(from), request, 1);
      await copy.dispose();
    }
  }),
);
const floorMs = performance.now() - floorStarted;
say(
  "the floor: the same requests, bare client, same copies",
  `${(floorMs / 1000).toFixed(2)} s (ours is ${(ours.ms / floorMs).toFixed(2)} times that)`,
);

const one = app.newInstance();
await one.start();
const curlStarted = performance.now();
for (const request of lanes.flat()) {
  const args = [
    ...(request.method === "HEAD" ? ["--head"] : []),
    "-s",
    "-o",
    "/dev/null",
    "--path-as-is",
    "--globoff",
    "--max-time",
    "60",
    "-X",
    request.method,
  ];
  for (const [name, value] of request.headers ?? [])
    if (!/[\r\n]/.test(value)) args.push("-H", value === "" ? `${name};` : `${name}: ${value}`);
  const body = request.body ? Buffer.concat([...piecesOf(request.body)].map((piece) => Buffer.from(piece))) : undefined;
  if (body) args.push("--data-binary", "@-");
  // Not spawnSync: while that waits nobody reads what the app logs, and a full pipe stops the app.
  await execa("curl", [...args, `http://127.0.0.1:${one.port}${request.path}`], {
    ...(body ? { input: body } : { stdin: "ignore" }),
    stdout: "ignore",
    reject: false,
  });
}
const curlMs = performance.now() - curlStarted;
await one.dispose();
say(
  "the same requests as curl processes in sequence, one copy",
  `${(curlMs / 1000).toFixed(2)} s (ours is ${(curlMs / ours.ms).toFixed(2)} times as fast)`,
);

if (!process.argv.includes("--quick")) {
  const lists = new Set<string>();
  for (let i = 0; i < 10; i++) {
    const load =
      i < 5
        ? []
        : Array.from({ length: 2 * availableParallelism() }, () => spawn(process.execPath, ["-e", "for(;;);"]));
    lists.add((await attack()).list);
    for (const busy of load) busy.kill("SIGKILL");
  }
  say(
    "ten attacks, five of them under 2 x nproc busy loops",
    `${lists.size} distinct verdict list${lists.size === 1 ? "" : "s"}`,
  );
}
await app.dispose();
process.exit(0);
