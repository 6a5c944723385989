import { PYTHON_TOKENS } from "../../libraries/python-tokens.ts";
import { defineRule } from "../../rule.ts";
import { jwtLife } from "../../topics/tokens.ts";

export default defineRule({ topic: "jwt-life", read: (project) => jwtLife(project, PYTHON_TOKENS) });
