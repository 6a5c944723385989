import { A_SETTING, type Delivery, type JudgedPassword } from "../model/delivery.ts";
import { plainText } from "./ansi.ts";

/** What was handed over, as lines for a terminal. What was not run says why. */
export function deliveryLines(delivery: Delivery): string[] {
  const { tests, holes, deprecated, secrets, deviations, readme, docsPage, closingMessage, firstPasswords } = delivery;
  const place = (file: string | null, line: number | null) => (file ? ` (${file}${line ? `:${line}` : ""})` : "");
  const judged = holes.filter(({ outcome }) => outcome !== "not run");
  const held = readme.filter((one) => one.held === true).length;
  const count = readme.filter((one) => one.held !== null).length;
  return [
    `Tests        ${testsInWords(tests)}`,
    ...(tests.outcome === "failed" ? tests.detail.trim().split("\n").slice(-8) : []).map(
      (line) => `             ${line}`,
    ),
    ...tests.ownLists.map((list) => `             installed for them, as the repository asks: ${list}`),
    ...tests.added.map((what) => `             added to run them: ${what}`),
    `Holes        ${judged.length > 0 ? `${judged.filter(({ outcome }) => outcome === "noticed").length} of ${judged.length} noticed` : "not run"}`,
    ...holes.map(({ what, outcome, detail }) => `             ${outcome.padEnd(8)} ${what}: ${detail}`),
    `Docs page    ${docsPage.outcome}: ${docsPage.detail}`,
    `README       ${held} of ${count}`,
    ...readme
      .filter((one) => one.held !== true)
      .map(({ says, held: is, detail }) => `             ${is === null ? "not run" : "lacks"}: ${says} (${detail})`),
    `Deprecated   ${deprecated.length}`,
    ...deprecated.map(({ what, file, line }) => `             ${what}${place(file, line)}`),
    `Secrets      ${secrets.length}`,
    ...secrets.map(({ what, file, line }) => `             ${what}${place(file, line)}`),
    ...passwordLines(firstPasswords),
    `Differs      ${deviations.length}`,
    ...deviations.map(
      ({ what, said }) => `             ${what}: ${said ? "said in its documents" : "said nowhere in its documents"}`,
    ),
    ...lastWords(closingMessage),
  ].map(plainText);
}

function passwordLines(passwords: Delivery["firstPasswords"]): string[] {
  if (passwords === null) return ["Passwords    not looked for"];
  const judged = passwords.filter(({ from, weak }) => from !== A_SETTING && weak !== null);
  const set = passwords.filter(({ from }) => from === A_SETTING).length;
  const count = [
    ...(judged.length > 0
      ? [`${judged.filter(({ weak }) => weak).length} of ${judged.length} first passwords that it comes with are weak`]
      : []),
    ...(set > 0 ? [`${set} set by whoever runs it`] : []),
  ];
  return [
    `Passwords    ${count.join("; ") || "none found"}`,
    ...passwords.map((one) => `             ${one.who}: ${passwordInWords(one)}`),
  ];
}

function passwordInWords({ from, weak, takesWeak, sharedWith }: JudgedPassword): string {
  if (from === null) return "not found anywhere";
  const quality =
    from === A_SETTING
      ? takesWeak === null
        ? "not known whether it takes a weak one"
        : `${takesWeak ? "takes" : "does not take"} \`password\``
      : weak
        ? "a weak one"
        : "no weak one";
  const shared = sharedWith && sharedWith.length > 0 ? [`the same for ${sharedWith.join(" and ")}`] : [];
  return [`${quality}, ${from === A_SETTING ? "from" : "in"} ${from}`, ...shared].join("; ");
}

function lastWords(message: Delivery["closingMessage"]): string[] {
  if (message === null) return ["Last words   not known"];
  const { topics, questions, outside } = message;
  return [
    `Last words   ${topics.filter(({ sentence }) => sentence !== null).length} of ${topics.length} topics of security`,
    ...topics.flatMap(({ says, sentence, more }) => [
      `             ${says}: ${sentence === null ? "not a word" : `"${sentence}"`}`,
      ...more.map((one) => `               also: "${one}"`),
    ]),
    ...outside.map((one) => `             outside the project: "${one}"`),
    ...questions.map((question) => `             asks: ${question}`),
  ];
}

/** Such as `12 of 12 pass in 4.1 s`. */
export function testsInWords(tests: Delivery["tests"]): string {
  if (tests.outcome === "not run") return `not run: ${tests.detail}`;
  const counted = tests.total === null ? tests.outcome : `${tests.passed} of ${tests.total} pass`;
  return `${counted} in ${tests.seconds} s (${tests.command})`;
}
