import type { Exchange } from "../../model/evidence.ts";

/** The answered exchanges whose label begins with a word. */
export const labelled = (exchanges: readonly Exchange[], word: string) =>
  exchanges.filter(({ label, response }) => label.startsWith(word) && response !== undefined);

export const textOf = ({ response }: Pick<Exchange, "response">): string =>
  response?.body?.kind === "text" ? response.body.text : "";

/** The first header of an answer under a name in small letters. */
export const headerOf = ({ response }: Pick<Exchange, "response">, name: string): string | undefined =>
  response?.headers.find(([one]) => one.toLowerCase() === name)?.[1];
