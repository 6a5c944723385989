export { findContract, openApiDocument } from "./contract.ts";
export { defaultJobs, type EvaluateOptions, evaluate } from "./evaluate.ts";
