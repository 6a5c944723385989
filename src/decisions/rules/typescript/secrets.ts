import { defineRule } from "../../rule.ts";
import { secrets } from "../../topics/secrets.ts";

export default defineRule({ topic: "secrets", read: secrets });
