import { z } from "zod";

/** The agent's own tests, run in a clean checkout. Figures that were not measured are null, never zero. */
export const TestsRun = z.object({
  command: z.string().nullable(),
  outcome: z.enum(["passed", "failed", "not run"]),
  /** Why not, or the end of the output of a suite that fails. */
  detail: z.string(),
  total: z.number().int().nullable(),
  passed: z.number().int().nullable(),
  seconds: z.number().nullable(),
  /** What was added to the checkout so that they run and that its lists do not name, such as a test runner. */
  added: z.array(z.string()),
  /** Lists of the repository's own that were installed for them besides what the app runs on. */
  ownLists: z.array(z.string()).default([]),
});
export type TestsRun = z.infer<typeof TestsRun>;

/** A hole that was cut into the app by a rule, and whether the agent's own tests noticed. */
export const CutHole = z.object({
  id: z.string(),
  what: z.string(),
  outcome: z.enum(["noticed", "missed", "not run"]),
  /** How many tests failed with it, or why it was not run. */
  detail: z.string(),
});
export type CutHole = z.infer<typeof CutHole>;

export const Place = z.object({ what: z.string(), file: z.string().nullable(), line: z.number().int().nullable() });
export type Place = z.infer<typeof Place>;

/** Something that a README should tell, checked against the app. Null where that could not be checked. */
export const ReadmeCheck = z.object({
  id: z.string(),
  says: z.string(),
  held: z.boolean().nullable(),
  detail: z.string(),
});
export type ReadmeCheck = z.infer<typeof ReadmeCheck>;

/**
 * A browser on the app's docs page: whether somebody can sign in there and call a protected route. `works` is with name and
 * password; a page that only takes a token, which a login elsewhere gave, `works with a pasted token`.
 */
export const DocsPage = z.object({
  outcome: z.enum(["works", "works with a pasted token", "does not work", "not run"]),
  /** How far it came, or why it was not run. */
  detail: z.string(),
  url: z.string().nullable(),
  /** A PNG beside the report, relative to it. */
  picture: z.string().nullable(),
});
export type DocsPage = z.infer<typeof DocsPage>;

/** Where the first password of a user is to be read: a file's name, `its output`, `a setting`; null where it was not found. */
export const FirstPassword = z.object({
  who: z.string(),
  from: z.string().nullable(),
  /** Null where it was not found, and where it is a setting, which whoever runs the app chooses. */
  weak: z.boolean().nullable(),
});
export type FirstPassword = z.infer<typeof FirstPassword>;

/** What `from` says of a password that whoever runs the app sets. */
export const A_SETTING = "a setting";

export const JudgedPassword = FirstPassword.extend({
  /** Of a setting: whether the app takes `password` for it. Null where that could not be told, and for all else. */
  takesWeak: z.boolean().nullable().default(null),
  /** Others who start with the same password; null where that is not known. */
  sharedWith: z.array(z.string()).nullable().default(null),
});
export type JudgedPassword = z.infer<typeof JudgedPassword>;

/** What an agent said last, read for what one should be told of an authentication task. */
export const ClosingMessage = z.object({
  topics: z.array(
    z.object({
      id: z.string(),
      says: z.string(),
      /** The sentence that fits the topic best; null where there is none. */
      sentence: z.string().nullable(),
      /** Every other one on it. */
      more: z.array(z.string()).default([]),
    }),
  ),
  /** What it asked back. */
  questions: z.array(z.string()),
  /** Where it says that it did something outside the project. */
  outside: z.array(z.string()).default([]),
});
export type ClosingMessage = z.infer<typeof ClosingMessage>;

/** What was handed over besides code that works: `delivery.json`. */
export const Delivery = z.object({
  formatVersion: z.literal(1),
  tests: TestsRun,
  holes: z.array(CutHole),
  deprecated: z.array(Place),
  secrets: z.array(Place),
  /** Where the app differs from the prompt's words, and whether its README or the agent's last words say so. */
  deviations: z.array(z.object({ what: z.string(), said: z.boolean() })),
  readme: z.array(ReadmeCheck),
  docsPage: DocsPage,
  /** Of the users that the app starts with; null where that was not looked for. */
  firstPasswords: z.array(JudgedPassword).nullable().default(null),
  /** Null where the agent's last words are not known. */
  closingMessage: ClosingMessage.nullable().default(null),
});
export type Delivery = z.infer<typeof Delivery>;

/** How many of something held; never of zero. */
export interface Share {
  held: number;
  of: number;
}

/** A delivery in figures, as tables show it. What was not measured is null, never zero. */
export interface DeliveryFigures {
  tests: number | null;
  testsPass: boolean | null;
  holes: Share | null;
  readme: Share | null;
  lastWords: Share | null;
  docsPage: boolean | null;
  deprecated: number;
  secrets: number;
  /** First passwords that are weak, of those that the app comes with; what is set by whoever runs it is none. */
  weakPasswords: Share | null;
}

export function deliveryFigures(delivery: Delivery): DeliveryFigures {
  const { tests, holes, readme, docsPage, closingMessage, deprecated, secrets, firstPasswords } = delivery;
  const share = (judged: readonly boolean[]): Share | null =>
    judged.length > 0 ? { held: judged.filter(Boolean).length, of: judged.length } : null;
  return {
    tests: tests.total,
    testsPass: tests.outcome === "not run" ? null : tests.outcome === "passed",
    holes: share(holes.flatMap(({ outcome }) => (outcome === "not run" ? [] : [outcome === "noticed"]))),
    readme: share(readme.flatMap(({ held }) => (held === null ? [] : [held]))),
    lastWords: closingMessage && share(closingMessage.topics.map(({ sentence }) => sentence !== null)),
    docsPage: docsPage.outcome === "not run" ? null : docsPage.outcome === "works",
    deprecated: deprecated.length,
    secrets: secrets.length,
    // Results of before judged a setting by the value that we had given it.
    weakPasswords: share(
      (firstPasswords ?? []).filter(({ from }) => from !== A_SETTING).flatMap(({ weak }) => weak ?? []),
    ),
  };
}
