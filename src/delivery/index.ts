export { type DeliverOptions, deliver } from "./deliver.ts";
export { signInAtDocs } from "./docs-page.ts";
