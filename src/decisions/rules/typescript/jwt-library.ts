import { TYPESCRIPT_TOKENS } from "../../libraries/typescript-tokens.ts";
import { defineRule } from "../../rule.ts";
import { jwtLibrary } from "../../topics/tokens.ts";

export default defineRule({ topic: "jwt-library", read: (project) => jwtLibrary(project, TYPESCRIPT_TOKENS) });
