import { InvalidArgumentError, Option } from "commander";
import { SANDBOX_NAMES } from "../sandbox/index.ts";

export const positive = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 256)
    throw new InvalidArgumentError("a whole number from 1 to 256, please.");
  return value;
};

export const list = (text: string, before: string[] = []): string[] => [
  ...before,
  ...text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean),
];

export const sandboxOption = (): Option =>
  new Option("--sandbox <name>", "how apps are contained; auto takes bubblewrap where it works")
    .choices([...SANDBOX_NAMES])
    .default("auto");

export const keyValue = (text: string, before: Record<string, string> = {}): Record<string, string> => {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("NAME=value, please.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
};

/** Whether to colour what goes to a stream (https://no-color.org and FORCE_COLOR are respected). */
export const colourFor = (stream: NodeJS.WriteStream): boolean => {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (NO_COLOR) return false;
  return FORCE_COLOR ? FORCE_COLOR !== "0" : stream.isTTY === true;
};
