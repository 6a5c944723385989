import type { Prober } from "../../src/contract/index.ts";
import { OPERATIONS } from "../../src/exploits/pipeline-jobs/client.ts";
import { findLogin, register } from "./contract/accounts.ts";
import { findAdmin } from "./contract/admin.ts";
import { findFiles } from "./contract/files.ts";
import { because } from "./contract/finding.ts";
import { findCreateJob, findJobReads } from "./contract/jobs.ts";
import { findSearch } from "./contract/search.ts";
import { findShare } from "./contract/share.ts";
import { findWebhook } from "./contract/webhook.ts";

/**
 * Finds out how this app spells the operations of `pipeline-jobs`, in the order in which they need one another.
 * What is not found is named in `missing`. Registers the first users, so it wants an instance for itself.
 */
export async function resolveContract(prober: Prober, settings: Readonly<Record<string, string>>): Promise<void> {
  const { contract } = prober;
  const miss = (names: readonly string[], why: string) => {
    for (const name of names) contract.missing[name] ??= why;
  };
  const admin = await register(prober);
  if (!admin) {
    miss(
      OPERATIONS,
      because(
        prober,
        "no registration was found: nothing that takes an email and a password at a known path answered with success",
      ),
    );
    return;
  }
  const login = await findLogin(prober, admin);
  if (!login) miss(["login"], because(prober, "no login was found for the registered user"));
  const me = admin.token ? admin : login;
  if (!me?.token) {
    miss(OPERATIONS, "neither registering nor logging in answered with a token");
    return;
  }
  const job = await findCreateJob(prober, me.token);
  if (!job) {
    miss(
      OPERATIONS.filter(
        (name) => !["register", "login", "adminUsers", "adminDelete", "adminStats", "webhook"].includes(name),
      ),
      because(prober, "no operation creates a job"),
    );
  } else {
    await findJobReads(prober, me.token, job);
    await findFiles(prober, me.token, job);
    await findSearch(prober, me.token, job);
    await findShare(prober, me.token, job);
  }
  await findAdmin(prober, me);
  await findWebhook(prober, me.token, job, settings["WEBHOOK_SECRET"]);
  miss(
    OPERATIONS.filter((name) => !(name in contract.operations)),
    "not found at any known path",
  );
}
