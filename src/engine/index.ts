export { defaultJobs, type EvaluateOptions, evaluate, findContract } from "./evaluate.ts";
