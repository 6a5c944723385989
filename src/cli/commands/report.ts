import { Command } from "commander";
export function reportCommand(_signal: AbortSignal): Command { return new Command("report"); }
