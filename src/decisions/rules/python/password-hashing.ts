import { PYTHON_HASHING, pythonPlainComparison } from "../../libraries/python-passwords.ts";
import { defineRule } from "../../rule.ts";
import { passwordHashing } from "../../topics/passwords.ts";

export default defineRule({
  topic: "password-hashing",
  read: (project) => passwordHashing(project, PYTHON_HASHING, pythonPlainComparison),
});
