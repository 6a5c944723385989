import type { Sighting } from "../rule.ts";
import type { Project } from "../source/project.ts";

/** A finding whose figures are defaults says in its detail which environment variables change them. */
export function settable(project: Project, find: () => Sighting): Sighting {
  const { found, settings } = project.values.watching(find);
  if (settings.length === 0) return found;
  const words = `${settings.join(" and ")} ${settings.length === 1 ? "changes" : "change"} it`;
  return { ...found, detail: [found.detail, words].filter(Boolean).join("; ") };
}
