import { readFileSync } from "node:fs";
import { join } from "node:path";
import { settingsRead, sourceFiles } from "../app/index.ts";
import type { Contract, Operation } from "../model/contract.ts";
import type { ReadmeCheck } from "../model/delivery.ts";

/** The text of the README at the app's root, and of what lies in docs/; undefined when there is neither. */
export function readmeOf(folder: string): string | undefined {
  const files = sourceFiles(folder).filter((file) => /^readme(\.\w+)?$/i.test(file) || /^docs\/.*\.md$/i.test(file));
  return files.length > 0 ? files.map((file) => readFileSync(join(folder, file), "utf8")).join("\n") : undefined;
}

/** Names that every environment has, which no README needs to tell. */
const COMMON = new Set(["PORT", "NODE_ENV", "HOME", "PATH", "CI", "NEXT_RUNTIME", "TZ"]);

/**
 * What a README should tell, each checked against the app as it runs: the routes that were found to work, the fields
 * that they take and give, the commands, and every setting that the source reads. Length counts for nothing.
 */
export function readmeChecks(
  readme: string | undefined,
  contract: Contract | undefined,
  sources: ReadonlyMap<string, string>,
  hasTests: boolean,
): ReadmeCheck[] {
  if (readme === undefined) return [{ id: "readme", says: "there is a README", held: false, detail: "" }];
  const check = (id: string, says: string, missing: readonly string[], checkable = true): ReadmeCheck => ({
    id,
    says,
    held: checkable ? missing.length === 0 : null,
    detail: checkable
      ? missing.length > 0
        ? `missing: ${missing.join(", ")}`
        : ""
      : "the app's operations are not known",
  });
  const operations = Object.entries(contract?.operations ?? {});
  const known = operations.length > 0;
  const lacks = (word: string) => !readme.includes(word);
  const routes = operations.map(([, { path }]) => path.split("?")[0] ?? path).filter(lacks);
  const requests = operations.flatMap(([, one]) => sentNames(one)).filter(lacks);
  const answers = operations.flatMap(([, one]) => answerNames(one)).filter(lacks);
  const settings = [...settingsRead(sources)].filter((name) => !COMMON.has(name) && lacks(name));
  const says = (shape: RegExp, words: string) => (shape.test(readme) ? [] : [words]);
  return [
    { id: "readme", says: "there is a README", held: true, detail: "" },
    check("routes", "names every route", routes, known),
    check("requests", "shows what each route takes", [...new Set(requests)], known),
    check("answers", "shows what each route answers", [...new Set(answers)], known),
    check(
      "set-up",
      "says how to set it up",
      says(/\b(pip|uv|poetry|npm|pnpm|yarn|bun)\b[^\n]*\b(install|ci|sync|i|add)\b/, "a command that installs"),
    ),
    check(
      "start",
      "says how to start it",
      says(
        /uvicorn|fastapi (run|dev)|npm (run )?(start|dev)|next start|node |tsx |python /,
        "a command that starts it",
      ),
    ),
    check(
      "tests",
      "says how to run the tests",
      hasTests
        ? says(/pytest|npm (run )?test|vitest|jest|node --test|unittest/, "a command that tests")
        : ["there are none"],
    ),
    check("settings", "names every setting that the source reads", settings),
  ];
}

function sentNames({ fields, row }: Operation): string[] {
  return [...Object.values(fields).filter(Boolean), ...(row["name"] ? [row["name"]] : [])];
}

const answerNames = ({ pointers }: Operation): string[] =>
  Object.values(pointers)
    .map((pointer) => pointer.split("/").at(-1) ?? "")
    .filter((name) => name !== "" && Number.isNaN(Number(name)));
