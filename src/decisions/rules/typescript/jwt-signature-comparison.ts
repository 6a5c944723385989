import { TYPESCRIPT_TOKENS } from "../../libraries/typescript-tokens.ts";
import { defineRule } from "../../rule.ts";
import { jwtSignatureComparison } from "../../topics/tokens.ts";

export default defineRule({
  topic: "jwt-signature-comparison",
  read: (project) => jwtSignatureComparison(project, TYPESCRIPT_TOKENS),
});
