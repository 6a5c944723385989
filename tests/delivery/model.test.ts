import { expect, test } from "vitest";
import { Delivery, deliveryFigures } from "../../src/model/delivery.ts";
import { deliveryLines } from "../../src/report/index.ts";

/** As it was written before lists of the repository's own, further sentences and shared passwords were told. */
const OLD = {
  formatVersion: 1,
  tests: {
    ...{ command: "npm test", outcome: "passed", detail: "", total: 8, passed: 8, seconds: 3.7 },
    added: ["pytest and httpx, which no list names"],
  },
  holes: [],
  deprecated: [],
  secrets: [],
  deviations: [],
  readme: [{ id: "readme", says: "there is a README", held: true, detail: "" }],
  docsPage: { outcome: "works", detail: "the page opens", url: "/docs", picture: null },
  firstPasswords: [
    { who: "alice", from: "README.md", weak: true },
    { who: "bob", from: "a setting", weak: false },
  ],
  closingMessage: {
    topics: [{ id: "secret", says: "the secret that signs tokens", sentence: "JWT_SECRET signs them." }],
    questions: [],
  },
};

test("a delivery that was written before is read, and shown without what it does not know", () => {
  const old = Delivery.parse(OLD);
  expect(deliveryFigures(old)).toMatchObject({
    ...{ docsPage: true, lastWords: { held: 1, of: 1 }, weakPasswords: { held: 1, of: 1 } },
  });
  const lines = deliveryLines(old).join("\n");
  expect(lines).toContain("alice: a weak one, in README.md");
  expect(lines).toContain("bob: not known whether it takes a weak one, from a setting");
  expect(lines).not.toMatch(/the same for|also:|outside the project|as the repository asks/);
});

test("what whoever runs the app sets, and a token that is pasted, are shown as what they are", () => {
  const now = Delivery.parse({
    ...OLD,
    tests: { ...OLD.tests, added: [], ownLists: ["requirements-dev.txt"] },
    docsPage: { ...OLD.docsPage, outcome: "works with a pasted token" },
    firstPasswords: [
      { who: "alice", from: "a setting", weak: null, takesWeak: true, sharedWith: ["bob"] },
      { who: "bob", from: "a setting", weak: null, takesWeak: null, sharedWith: null },
    ],
    closingMessage: { ...OLD.closingMessage, outside: ["I changed ~/.npmrc."] },
  });
  // The page does not sign in by itself, and no password that the app comes with was found.
  expect(deliveryFigures(now)).toMatchObject({ docsPage: false, weakPasswords: null });
  const lines = deliveryLines(now);
  expect(lines).toEqual(
    expect.arrayContaining([
      "             installed for them, as the repository asks: requirements-dev.txt",
      "Docs page    works with a pasted token: the page opens",
      "Passwords    2 set by whoever runs it",
      "             alice: takes `password`, from a setting; the same for bob",
      "             bob: not known whether it takes a weak one, from a setting",
      '             outside the project: "I changed ~/.npmrc."',
    ]),
  );
});
