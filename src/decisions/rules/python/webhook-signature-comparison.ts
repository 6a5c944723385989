import { PYTHON_SIGNATURES } from "../../libraries/python-tokens.ts";
import { defineRule } from "../../rule.ts";
import { webhookSignatureComparison } from "../../topics/webhooks.ts";

export default defineRule({
  topic: "webhook-signature-comparison",
  read: (project) => webhookSignatureComparison(project, PYTHON_SIGNATURES),
});
