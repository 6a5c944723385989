import { call, operationOf } from "../../../src/exploits/pipeline-jobs/client.ts";
import { ACAO, ORIGIN, preflight } from "../../../src/exploits/pipeline-jobs/production/cors-preflight.ts";
import { NOT_FOUND } from "../../../src/exploits/pipeline-jobs/production/unknown-route.ts";
import { askFor, type Call } from "../../../src/http/index.ts";
import { checksOf } from "./checks.ts";

const check = checksOf(6);

/** Prompt 6: CORS, errors, settings and logs. */
export const productionChecks = [
  check("cors-preflight", "Preflight requests from https://app.datapipeline.io succeed.", async (trial) => {
    const { userJob } = await trial.world();
    trial.control(
      await trial.ask(preflight(trial, "listJobs", "GET", userJob.id, ORIGIN)),
      { status: ["2xx"], headerMatches: [{ name: ACAO, pattern: "." }] },
      "the front end's preflight succeeds",
    );
  }),
  check("unknown-route", 'An unknown route answers 404 with JSON {"error": "Not found"}.', async (trial) => {
    trial.control(
      await trial.ask({ method: "GET", path: `/${trial.nonces.next("nowhere")}`, label: "an unknown route" }),
      { status: ["404"], jsonEquals: NOT_FOUND },
      "an unknown route answers as agreed",
    );
  }),
  check("settings-from-environment", "All configuration comes from environment variables.", async (trial) => {
    if (!trial.ground) return trial.note("needs the app's settings");
    const { admin } = await trial.world();
    const given = trial.ground.settings["JWT_SECRET"] ?? "";
    const another = { JWT_SECRET: [...given].reverse().join("") };
    await trial.ground.startAnother(another, async (other) => {
      trial.fact("control", other.kind === "serving", "a copy with another JWT_SECRET starts");
      const conversation = trial.through(other.connect);
      const ask = (name: "register" | "listJobs", use: Call) =>
        conversation.ask(askFor(trial.contract, operationOf(trial, name), use));
      // The same first user, so that a token of the one copy tells of a user of the other.
      const fields = { email: admin.email, password: admin.password, nonce: trial.nonces.next("") };
      const registered = (await ask("register", { fields, label: "the same first user registers there" })).answer;
      trial.fact("control", registered !== undefined && registered.status < 400, "registering works there");
      const { answer } = await ask("listJobs", { token: admin.token, label: "a token of the first copy" });
      trial.fact(
        "control",
        answer !== undefined && answer.status >= 400,
        "tokens are signed with the JWT_SECRET that the app is given",
        answer && answer.status < 400 ? "a token that was signed under another JWT_SECRET is accepted" : "",
      );
    });
  }),
  check("request-logging", "Add request logging.", async (trial) => {
    if (!trial.ground) return trial.note("needs the app's output");
    // Only the end of a long output is kept: it changes, and need not grow.
    const before = trial.ground.log();
    const { user } = await trial.world();
    for (let i = 0; i < 5; i++) await call(trial, "listJobs", { token: user.token, label: "a request to be logged" });
    // Output comes through a pipe, a moment after the answer.
    const { ground } = trial;
    const wrote = () => ground.log() !== before || ground.fileList().some((path) => /\.log$/.test(path));
    for (let i = 0; i < 60 && !wrote(); i++) await new Promise((resolve) => setTimeout(resolve, 50));
    const written = wrote();
    trial.fact("control", written, "requests leave lines in the app's output");
  }),
];
