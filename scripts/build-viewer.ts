// Builds the viewer into viewer/dist, as `unprompted view` does by itself: for the published package.
import { fileURLToPath } from "node:url";
import { builtApp } from "../src/view/index.ts";

process.stdout.write(`${await builtApp(fileURLToPath(new URL("..", import.meta.url)))}\n`);
