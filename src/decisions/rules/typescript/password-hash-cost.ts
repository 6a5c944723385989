import { TYPESCRIPT_HASHING, typescriptPlainComparison } from "../../libraries/typescript-passwords.ts";
import { defineRule } from "../../rule.ts";
import { passwordHashCost } from "../../topics/passwords.ts";

export default defineRule({
  topic: "password-hash-cost",
  read: (project) => passwordHashCost(project, TYPESCRIPT_HASHING, typescriptPlainComparison),
});
