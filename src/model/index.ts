export * from "./app.ts";
export * from "./contract.ts";
export * from "./decision.ts";
export * from "./events.ts";
export * from "./evidence.ts";
export * from "./session.ts";
export * from "./study.ts";
export * from "./verdict.ts";
