export { type DeliverOptions, deliver } from "./deliver.ts";
export { signInAtDocs } from "./docs-page.ts";
export type { Seen } from "./readme.ts";
