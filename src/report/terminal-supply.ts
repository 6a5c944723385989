import { type EcosystemSupply, isLearnt, type NotLearnt, type SupplyChain } from "../model/index.ts";
import { hanging, oneLine, painter } from "./ansi.ts";
import type { ScanLines } from "./terminal-scan.ts";
import { count } from "./words.ts";

/** A figure, or why there is none. */
export function learntOr<T>(value: T | NotLearnt, words: (value: T) => string): string {
  return isLearnt(value) ? words(value) : `not learnt: ${value.notLearnt}`;
}

export function lockfileSentence({ lockfile, transitive }: EcosystemSupply): string {
  if (lockfile === null) return learntOr(transitive, String).replace(/^not learnt: /, "");
  const whole = lockfile.missing.length === 0 ? "complete" : `incomplete (${lockfile.missing.slice(0, 3).join("; ")})`;
  return `${lockfile.file} is ${whole}, ${lockfile.hashed.with} of ${count(lockfile.hashed.of, "package")} with a hash`;
}

/** `3 pinned, 2 ranged`. */
export function constraintWords(supply: EcosystemSupply): string {
  const groups = Object.entries(Object.groupBy(supply.direct, (one) => one.constraint));
  return groups.map(([constraint, list]) => `${list?.length} ${constraint}`).join(", ");
}

/** What an app is built from, a few lines for each ecosystem. */
export function supplyLines(chain: SupplyChain, options: ScanLines): string[] {
  const paint = painter(options.color);
  const line = (text: string) => hanging("  -", oneLine(text), 4, options.width);
  const out = [paint("What it is built from", "bold")];
  for (const one of chain.ecosystems) {
    const { direct, transitive, installScripts, deprecated, maintainers, licences } = one;
    out.push(
      ...line(
        `${one.manifest}: ${count(direct.length, "direct dependency", "direct dependencies")} (${constraintWords(one) || "none"}), ${learntOr(transitive, (n) => count(n, "package"))} behind them; ${lockfileSentence(one)}`,
      ),
    );
    if (!options.verbose) continue;
    out.push(
      ...line(`install scripts: ${learntOr(installScripts, (names) => names.join(", ") || "none")}`),
      ...line(
        `deprecated: ${learntOr(deprecated, (names) => names.map(({ name, why }) => `${name} (${why})`).join(", ") || "none")}`,
      ),
      ...line(`maintainers: ${learntOr(maintainers, String)}`),
      ...line(
        `licences: ${learntOr(licences, (counts) =>
          Object.entries(counts)
            .map(([licence, n]) => `${licence} ${n}`)
            .join(", "),
        )}`,
      ),
    );
  }
  for (const file of chain.unread) out.push(...line(`${file}: not learnt: it is not read`));
  return chain.ecosystems.length + chain.unread.length > 0 ? out : [];
}
