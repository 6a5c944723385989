import { fileURLToPath } from "node:url";

const folder = (name: string) => fileURLToPath(new URL(`../../scanner-rules/${name}`, import.meta.url));

/** The rules that we ship, for machines that reach no rule registry. */
export const OWN_RULES = { semgrep: folder("semgrep"), nuclei: folder("nuclei") } as const;
