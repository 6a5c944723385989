import { Command } from "commander";
export function runCommand(_signal: AbortSignal): Command { return new Command("run"); }
