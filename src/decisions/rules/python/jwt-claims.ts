import { PYTHON_TOKENS } from "../../libraries/python-tokens.ts";
import { defineRule } from "../../rule.ts";
import { jwtClaims } from "../../topics/tokens.ts";

export default defineRule({ topic: "jwt-claims", read: (project) => jwtClaims(project, PYTHON_TOKENS) });
