import type { CatalogueEntry, Decision } from "../model/index.ts";

/** A line of the app's source. */
export interface Place {
  /** Relative to the app's folder. */
  file: string;
  line: number | null;
  /** The decision that stands there. */
  decision: Decision;
}

/** Where to look for the cause of a weakness: topics of decisions by CWE, the likeliest first. */
const TOPICS: Readonly<Record<string, readonly string[]>> = {
  "CWE-20": ["input-validation"],
  "CWE-22": ["upload-type-check", "upload-streaming"],
  "CWE-204": ["error-handling"],
  "CWE-209": ["error-handling"],
  "CWE-256": ["password-hashing"],
  "CWE-306": ["authorisation-style", "jwt-library"],
  "CWE-307": ["throttling"],
  "CWE-319": ["security-headers"],
  "CWE-345": ["webhook-signature-comparison"],
  "CWE-347": ["jwt-signature-comparison", "jwt-algorithm", "jwt-library"],
  "CWE-434": ["upload-type-check"],
  "CWE-521": ["password-policy"],
  "CWE-613": ["jwt-life", "jwt-claims"],
  "CWE-639": ["authorisation-style"],
  "CWE-693": ["security-headers"],
  "CWE-770": ["upload-size-check", "input-validation"],
  "CWE-862": ["authorisation-style"],
  "CWE-863": ["authorisation-style"],
  "CWE-89": ["database-access"],
  "CWE-915": ["authorisation-style", "input-validation"],
  "CWE-916": ["password-hashing", "password-hash-cost"],
  "CWE-942": ["cors"],
  "CWE-1021": ["security-headers"],
  "CWE-1188": ["secrets"],
};

/** In the area of webhooks a signature is the webhook's, not the token's; in that of searches a bound is the input's. */
const AREA_TOPICS: Readonly<Record<string, readonly string[]>> = {
  webhook: ["webhook-signature-comparison"],
  search: ["input-validation", "database-access"],
};

/**
 * The place that the ledger of decisions knows for a hole, or null: a choice that was never made (no throttle, no
 * header) stands nowhere. A hint where to look, never a proof.
 */
export function placeOf(entry: CatalogueEntry | undefined, decisions: readonly Decision[]): Place | null {
  const own = TOPICS[entry?.cwe ?? ""] ?? [];
  const inArea = AREA_TOPICS[entry?.area ?? ""] ?? [];
  const wanted = entry?.area === "webhook" ? inArea : [...own, ...inArea];
  for (const topic of wanted) {
    const decision = decisions.find((d) => d.topic === topic && d.file !== null);
    if (decision?.file) return { file: decision.file, line: decision.line, decision };
  }
  return null;
}

/** `hand-written (app/auth.py:14)`, as a sentence about the place. */
export function placeWords({ decision }: Place): string {
  return `The ledger knows ${decision.topic} there: ${decision.choice} (${decision.origin}).`;
}
