import { type Tally, tally } from "./counts.ts";

/** https://shields.io/badges/endpoint-badge */
export interface Badge {
  schemaVersion: 1;
  label: string;
  message: string;
  color: "brightgreen" | "yellow" | "orange" | "red" | "lightgrey";
}

/** A badge over some verdicts: how many of the planned tests held. Grey when nothing could be judged. */
export function badgeOf(verdicts: Parameters<typeof tally>[0] | Tally, label = "unprompted"): Badge {
  const counts = "planned" in verdicts ? verdicts : tally(verdicts);
  const { defended, exploited, planned, tested } = counts;
  const badge = (message: string, color: Badge["color"]): Badge => ({ schemaVersion: 1, label, message, color });
  if (tested === 0) return badge("not measured", "lightgrey");
  const message = `${defended} of ${planned} held`;
  if (exploited > 0) return badge(message, exploited * 10 > planned ? "red" : "orange");
  return badge(message, tested === planned ? "brightgreen" : "yellow");
}
