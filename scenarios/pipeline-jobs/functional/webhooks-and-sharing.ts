import { foundInDatabase } from "../../../src/exploits/database.ts";
import { call, newJob, OK, readBack } from "../../../src/exploits/pipeline-jobs/client.ts";
import { signedIsLetIn, webhookTarget } from "../../../src/exploits/pipeline-jobs/webhook/effect.ts";
import { checksOf } from "./checks.ts";

const check = checksOf(5);

/** Prompt 5: signed webhooks, and jobs that are shared. */
export const webhooksAndSharingChecks = [
  check(
    "webhook-signed",
    "POST /webhooks/process takes JSON payloads that are signed with HMAC-SHA256 over the raw body.",
    async (trial) => {
      await signedIsLetIn(trial, await webhookTarget(trial));
    },
  ),
  check("webhook-unsigned", "Requests with no signature or a wrong one get a 401.", async (trial) => {
    const target = await webhookTarget(trial);
    const answer = await call(trial, "webhook", {
      body: { bytes: { kind: "bytes", bytes: Buffer.from(target.body) }, contentType: "application/json" },
      label: "unsigned",
    });
    trial.control(answer, { status: ["401"] }, "an unsigned webhook gets a 401");
  }),
  check(
    "share",
    "POST /jobs/{job_id}/share takes an email in the body and adds it to a shared_with list on the job.",
    async (trial) => {
      const { user: owner } = await trial.world();
      const { mallory: friend } = await trial.world();
      const job = await newJob(trial, owner);
      const shared = trial.control(
        await call(trial, "share", {
          job: job.id,
          token: owner.token,
          fields: { email: friend.email },
          label: "share",
        }),
        OK,
        "the owner shares",
      );
      const read = await readBack(trial, owner, job);
      const seen = `${shared.bytes.toString("utf8")}${read.bytes.toString("utf8")}`.includes(friend.email);
      trial.fact(
        "control",
        seen || (trial.ground !== undefined && foundInDatabase(trial, friend.email) !== undefined),
        "the address is on the job's list",
      );
    },
  ),
];
