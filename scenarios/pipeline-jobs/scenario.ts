import { renewWorld, seedWorld, type World } from "../../src/exploits/pipeline-jobs/world.ts";
import { defineScenario } from "../../src/exploits/scenario.ts";
import { resolveContract } from "./contract.ts";
import { functionalChecks } from "./functional.ts";

export default defineScenario<World>({
  id: "pipeline-jobs",
  title: "A data pipeline's job service in six prompts",
  promptsVersion: "1",
  steps: 6,
  resolveContract,
  seedWorld,
  renewWorld,
  functionalChecks,
});
