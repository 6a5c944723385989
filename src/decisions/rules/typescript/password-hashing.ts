import { TYPESCRIPT_HASHING, typescriptPlainComparison } from "../../libraries/typescript-passwords.ts";
import { defineRule } from "../../rule.ts";
import { passwordHashing } from "../../topics/passwords.ts";

export default defineRule({
  topic: "password-hashing",
  read: (project) => passwordHashing(project, TYPESCRIPT_HASHING, typescriptPlainComparison),
});
