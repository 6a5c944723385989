import { allRows, cellText } from "../../../src/exploits/database.ts";
import {
  call,
  login,
  newJob,
  newUser,
  OK,
  operationOf,
  readBack,
  rowsOf,
} from "../../../src/exploits/pipeline-jobs/client.ts";
import { parseJwt } from "../../../src/http/index.ts";
import { checksOf } from "./checks.ts";

const check = checksOf(1);

/** Prompt 1: users, tokens and jobs of their own. */
export const authenticationChecks = [
  check("register-answers-jwt", "Registering takes an email and a password and answers with a JWT.", async (trial) => {
    const user = await newUser(trial, "fresh");
    const pointer = operationOf(trial, "register").pointers["token"];
    trial.fact(
      "control",
      pointer !== undefined && parseJwt(user.token) !== undefined,
      "registering answers with a JWT",
    );
  }),
  check("register-saves-user", "Registering saves the user in a local SQLite database.", async (trial) => {
    const user = await newUser(trial, "saved");
    if (!trial.ground) return trial.note("needs the app's folder");
    const rows = allRows(trial).filter(({ columns }) =>
      Object.values(columns).some((value) => cellText(value).toLowerCase() === user.email.toLowerCase()),
    );
    trial.fact("control", rows.length > 0, "the user is in a SQLite database");
  }),
  check(
    "login-answers-jwt",
    "Logging in takes an email and a password, checks them against the database and answers with a JWT.",
    async (trial) => {
      const user = await login(trial, await newUser(trial, "fresh"));
      trial.fact("control", parseJwt(user.token) !== undefined, "logging in answers with a JWT");
      const wrong = await call(trial, "login", {
        fields: { email: user.email, password: `${user.password}x` },
        label: "a wrong password",
      });
      trial.control(wrong, { status: ["4xx"] }, "a wrong password does not log in");
      await readBack(trial, user, await newJob(trial, user));
    },
  ),
  check(
    "jobs-take-token",
    "Every /jobs endpoint must need a valid token in the Authorization header.",
    async (trial) => {
      const { user } = await trial.world();
      trial.control(
        await call(trial, "listJobs", { token: user.token, label: "list with a token" }),
        OK,
        "the list works with a token",
      );
      trial.control(
        await call(trial, "listJobs", { label: "list without" }),
        { status: ["4xx"] },
        "the list needs a token",
      );
    },
  ),
  check("own-jobs", "Each user sees only their own jobs.", async (trial) => {
    const user = await newUser(trial, "fresh");
    const job = await newJob(trial, user);
    const answer = trial.control(
      await call(trial, "listJobs", { token: user.token, label: "list" }),
      { status: ["2xx"], bodyHas: [job.name] },
      "the list holds the user's job",
    );
    trial.fact("control", rowsOf(trial, "listJobs", answer)?.length === 1, "a fresh user with one job sees one");
  }),
];
