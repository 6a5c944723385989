import type { Prober } from "../../../src/contract/index.ts";
import { strongPassword } from "../../../src/exploits/pipeline-jobs/client.ts";
import { walk } from "../../../src/http/index.ts";
import { because, keep, ok, text } from "./finding.ts";
import type { Job } from "./jobs.ts";

export async function findShare(prober: Prober, token: string, job: Job): Promise<void> {
  const email = `${prober.nonces.next("friend")}@example.com`;
  const attempt = (to: string) =>
    prober.find({
      method: "POST",
      endings: ["/jobs/{}/share", "/jobs/{}/shares", "/jobs/{}/share/"],
      encodings: [
        { encoding: "json", fields: { email: "email" } },
        { encoding: "form", fields: { email: "email" } },
      ],
      call: { token, job: job.id, fields: { email: to }, label: "share?" },
      supply: [[/mail|with|user|recipient/i, to]],
      accept: (answer) => ok(answer),
    });
  let found = await attempt(email);
  let to = email;
  const needsUser: Record<string, string> = {};
  if (!found) {
    // An app may share with its own users only.
    to = `${prober.nonces.next("friend")}@example.com`;
    const register = prober.contract.operations["register"];
    if (register)
      await prober.call(register, {
        fields: { email: to, password: strongPassword(prober.nonces), nonce: prober.nonces.next("") },
        label: "register a friend",
      });
    found = await attempt(to);
    if (found) {
      needsUser["needsUser"] = "true";
      prober.deviates("sharing works with registered users only");
    }
  }
  if (!found) {
    prober.contract.missing["share"] = because(prober, "not found at any known path");
    return;
  }
  const read = prober.contract.operations["getJob"];
  const answer = read && (await prober.call(read, { token, job: job.id, label: "who is it shared with?" }));
  const shown = answer && text(answer).includes(to);
  const inAnswer =
    !shown && [...walk(found.json)].some(({ value }) => Array.isArray(value) && JSON.stringify(value).includes(to));
  keep(prober, "share", found, { row: { ...needsUser, shownBy: shown ? "getJob" : inAnswer ? "answer" : "database" } });
}
