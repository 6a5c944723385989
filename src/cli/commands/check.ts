import { Command } from "commander";
export function checkCommand(_signal: AbortSignal): Command { return new Command("check"); }
