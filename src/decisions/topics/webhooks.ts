import { absent, type Sighting, unsure } from "../rule.ts";
import type { Project } from "../source/project.ts";
import { checkFinding, type SignatureWords, signatureCheck, webhookSignatures } from "./signatures.ts";

const BY_LIBRARY =
  /(\bwebhooks\.constructEvent(Async)?|^svix\.Webhook\(\)\.verify|^@octokit\/webhooks.*\.verify|^stripe\.Webhook\.construct_event|^standardwebhooks\..*\.verify)$/;

/** Topic `webhook-signature-comparison`; nothing for an app without webhooks. */
export function webhookSignatureComparison(project: Project, words: SignatureWords): Sighting[] {
  const library = project.calls.find((call) => BY_LIBRARY.test(call.name ?? call.callee.text));
  if (library) return [{ choice: "by library", origin: "library", at: library.node }];
  const signatures = webhookSignatures(project, words);
  const [first] = signatures;
  if (!first) return hasWebhook(project) ? [absent("not checked")] : [];
  const check = signatureCheck(project, words, signatures);
  if (!check) return [unsure(first.node)];
  return [checkFinding(check)];
}

function hasWebhook(project: Project): boolean {
  return (
    project.all("string").some((node) => /^["'`]\/?[\w/-]*webhooks?\b/.test(node.text)) ||
    [...project.files.keys()].some((path) => /webhooks?\b/.test(path))
  );
}
