import { Command } from "commander";
export function newCommand(_signal: AbortSignal): Command { return new Command("new"); }
