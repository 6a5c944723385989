import { TYPESCRIPT_TOKENS } from "../../libraries/typescript-tokens.ts";
import { defineRule } from "../../rule.ts";
import { jwtClaims } from "../../topics/tokens.ts";

export default defineRule({ topic: "jwt-claims", read: (project) => jwtClaims(project, TYPESCRIPT_TOKENS) });
