import { PYTHON_HASHING, pythonPlainComparison } from "../../libraries/python-passwords.ts";
import { defineRule } from "../../rule.ts";
import { passwordHashCost } from "../../topics/passwords.ts";

export default defineRule({
  topic: "password-hash-cost",
  read: (project) => passwordHashCost(project, PYTHON_HASHING, pythonPlainComparison),
});
