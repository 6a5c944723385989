import { PYTHON_TOKENS } from "../../libraries/python-tokens.ts";
import { defineRule } from "../../rule.ts";
import { jwtSignatureComparison } from "../../topics/tokens.ts";

export default defineRule({
  topic: "jwt-signature-comparison",
  read: (project) => jwtSignatureComparison(project, PYTHON_TOKENS),
});
