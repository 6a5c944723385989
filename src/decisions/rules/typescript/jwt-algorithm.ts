import { TYPESCRIPT_TOKENS } from "../../libraries/typescript-tokens.ts";
import { defineRule } from "../../rule.ts";
import { jwtAlgorithm } from "../../topics/tokens.ts";

export default defineRule({ topic: "jwt-algorithm", read: (project) => jwtAlgorithm(project, TYPESCRIPT_TOKENS) });
