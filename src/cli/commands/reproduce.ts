import { Command } from "commander";
export function reproduceCommand(_signal: AbortSignal): Command { return new Command("reproduce"); }
