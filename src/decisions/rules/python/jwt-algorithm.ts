import { PYTHON_TOKENS } from "../../libraries/python-tokens.ts";
import { defineRule } from "../../rule.ts";
import { jwtAlgorithm } from "../../topics/tokens.ts";

export default defineRule({ topic: "jwt-algorithm", read: (project) => jwtAlgorithm(project, PYTHON_TOKENS) });
