export * from "./answers.ts";
export { candidatePaths, type Hints, hintsFromOpenApi, hintsFromSource } from "./hints.ts";
export { type Found, type Place, Prober } from "./prober.ts";
