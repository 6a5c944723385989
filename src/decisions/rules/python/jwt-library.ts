import { PYTHON_TOKENS } from "../../libraries/python-tokens.ts";
import { defineRule } from "../../rule.ts";
import { jwtLibrary } from "../../topics/tokens.ts";

export default defineRule({ topic: "jwt-library", read: (project) => jwtLibrary(project, PYTHON_TOKENS) });
