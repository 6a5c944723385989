import { TYPESCRIPT_SIGNATURES } from "../../libraries/typescript-tokens.ts";
import { defineRule } from "../../rule.ts";
import { webhookSignatureComparison } from "../../topics/webhooks.ts";

export default defineRule({
  topic: "webhook-signature-comparison",
  read: (project) => webhookSignatureComparison(project, TYPESCRIPT_SIGNATURES),
});
