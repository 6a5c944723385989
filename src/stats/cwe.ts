/**
 * Parents in MITRE's CWE research view (CWE-1000), for weaknesses near those of our exploits. Wide classes (CWE-20, 74,
 * 200, 284, 664, 693) end a chain: below them almost anything would fit anything.
 */
const PARENTS: Readonly<Record<number, number>> = {
  ...{ 564: 89, 23: 22, 36: 22, 759: 916, 760: 916, 916: 328, 328: 327, 425: 862, 566: 639, 639: 863, 789: 770 },
  ...{ 204: 203, 208: 203, 210: 209, 211: 209, 259: 798, 321: 798, 453: 1188 },
};

/** Weaknesses that the hierarchy keeps apart and that name the same hole, each pair with the reason. */
const KIN: readonly (readonly [number, number, string])[] = [
  [916, 256, "a password kept as it is"],
  [916, 522, "a password kept badly"],
  [1188, 798, "a default secret is one that stands in the source"],
  [942, 346, "an origin that is let in without a check"],
  [347, 345, "data whose origin is not verified"],
  [347, 208, "a signature that is compared by hand"],
  [209, 497, "the inside of the system shown"],
  [209, 489, "debug output left on"],
  [22, 73, "a path that the client names"],
  [770, 400, "resources without a bound"],
  [306, 862, "no check of who asks"],
  [306, 287, "no check of who asks"],
  [89, 943, "a query put together from input"],
  [434, 351, "a type that is taken on trust"],
];

const numberOf = (cwe: string): number => Number(/\d+/.exec(cwe)?.[0] ?? 0);

function line(cwe: number): number[] {
  const out: number[] = [];
  for (let at: number | undefined = cwe; at !== undefined; at = PARENTS[at]) out.push(at);
  return out;
}

/** Whether a finding's CWE names the weakness of an exploit: the same, one above the other, or kin. `CWE-89` and the like. */
export function fits(exploitCwe: string, findingCwe: string): boolean {
  const [a, b] = [numberOf(exploitCwe), numberOf(findingCwe)];
  if (line(a).includes(b) || line(b).includes(a)) return true;
  return KIN.some(([one, other]) => (one === a && line(b).includes(other)) || (one === b && line(a).includes(other)));
}
