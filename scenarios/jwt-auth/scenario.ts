import { readFirstPasswords, seedWorld, type World } from "../../src/exploits/jwt-auth/world.ts";
import { defineScenario } from "../../src/exploits/scenario.ts";
import { resolveContract } from "./contract.ts";
import { functionalChecks } from "./functional.ts";

export default defineScenario<World>({
  id: "jwt-auth",
  title: "Login, profile and refresh for an app whose users have no passwords",
  promptsVersion: "1",
  steps: 1,
  resolveContract,
  seedWorld,
  functionalChecks,
  docsVisitor: ({ alice }) => ({ email: alice.email, password: alice.password, operation: "me" }),
  firstPasswords: readFirstPasswords,
  judgesDelivery: true,
});
