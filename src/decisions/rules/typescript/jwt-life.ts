import { TYPESCRIPT_TOKENS } from "../../libraries/typescript-tokens.ts";
import { defineRule } from "../../rule.ts";
import { jwtLife } from "../../topics/tokens.ts";

export default defineRule({ topic: "jwt-life", read: (project) => jwtLife(project, TYPESCRIPT_TOKENS) });
