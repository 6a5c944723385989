export { defaultJobs, evaluate, type EvaluateOptions, findContract } from "./evaluate.ts";
