import { Command } from "commander";
export function doctorCommand(_signal: AbortSignal): Command { return new Command("doctor"); }
