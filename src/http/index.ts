export * from "./body.ts";
export * from "./call.ts";
export * from "./client.ts";
export * from "./condition.ts";
export * from "./conversation.ts";
export * from "./json.ts";
export * from "./jwt.ts";
export * from "./multipart.ts";
