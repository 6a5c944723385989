import { call, jsonOf, newJob, OK, operationOf, rowsOf } from "../../../src/exploits/pipeline-jobs/client.ts";
import { at } from "../../../src/http/index.ts";
import { findTotalHeader } from "../contract/search.ts";
import { checksOf } from "./checks.ts";

const check = checksOf(3);

/** Prompt 3: search, sorting and pages. */
export const searchChecks = [
  check(
    "search-partial",
    "GET /jobs/search searches jobs by name and description; partial matches must work.",
    async (trial) => {
      const { user } = await trial.world();
      const job = await newJob(trial, user);
      for (const q of [job.name, job.name.slice(3, -3), job.description.slice(3, -3)]) {
        trial.control(
          await call(trial, "search", { token: user.token, query: `q=${q}`, label: `search ${q}` }),
          { status: ["2xx"], bodyHas: [job.name] },
          "search finds a part of the name or description",
        );
      }
    },
  ),
  check("search-status", "status filters on the job's status.", async (trial) => {
    const { user } = await trial.world();
    const job = await newJob(trial, user);
    const key = operationOf(trial, "search").row["status"];
    const first = trial.control(
      await call(trial, "search", { token: user.token, query: `q=${job.name}`, label: "search" }),
      OK,
      "search works",
    );
    const status = key ? rowsOf(trial, "search", first)?.[0]?.[key] : "pending";
    trial.control(
      await call(trial, "search", {
        token: user.token,
        query: `q=${job.name}&status=${String(status)}`,
        label: "its own status",
      }),
      { status: ["2xx"], bodyHas: [job.name] },
      "its own status finds it",
    );
    trial.control(
      await call(trial, "search", { token: user.token, query: `q=${job.name}&status=failed`, label: "another status" }),
      { bodyLacks: [`"${job.name}"`] },
      "another status does not",
    );
  }),
  check("search-sort", "sort is one of name, created_at; order one of asc, desc.", async (trial) => {
    const { user } = await trial.world();
    const stem = trial.nonces.next("s");
    for (const letter of ["b", "a", "c"]) await newJob(trial, user, { name: `${stem}${letter}` });
    const names = async (query: string) => {
      const answer = trial.control(
        await call(trial, "search", { token: user.token, query: `q=${stem}&${query}`, label: query }),
        OK,
        "a sorted search works",
      );
      return (rowsOf(trial, "search", answer) ?? [])
        .map((row) => String(row[operationOf(trial, "search").row["name"] ?? "name"]).slice(-1))
        .join("");
    };
    trial.fact("control", (await names("sort=name&order=asc")) === "abc", "by name, ascending");
    trial.fact("control", (await names("sort=name&order=desc")) === "cba", "by name, descending");
    trial.fact("control", (await names("sort=created_at&order=asc")).length === 3, "by time");
  }),
  check("search-pages", "page and per_page cut the results; per_page is 20 by default.", async (trial) => {
    const { user } = await trial.world();
    const stem = trial.nonces.next("p");
    for (let i = 0; i < 23; i++) await newJob(trial, user, { name: `${stem}${i}` });
    const count = async (query: string) => {
      const answer = trial.control(
        await call(trial, "search", { token: user.token, query: `q=${stem}${query}`, label: `search${query}` }),
        OK,
        "a page of the search works",
      );
      return rowsOf(trial, "search", answer)?.length;
    };
    trial.fact("control", (await count("")) === 20, "20 rows by default");
    trial.fact("control", (await count("&page=2")) === 3, "3 rows on the second page");
    trial.fact("control", (await count("&per_page=5&page=5")) === 3, "3 rows on the fifth page of five");
  }),
  check("search-total", "Return the matching jobs together with the total count.", async (trial) => {
    const { user } = await trial.world();
    const stem = trial.nonces.next("t");
    for (let i = 0; i < 3; i++) await newJob(trial, user, { name: `${stem}${i}` });
    const answer = trial.control(
      await call(trial, "search", { token: user.token, query: `q=${stem}&per_page=2`, label: "two of three" }),
      OK,
      "search works",
    );
    const pointer = operationOf(trial, "search").pointers["total"];
    trial.fact(
      "control",
      (pointer !== undefined && Number(at(jsonOf(answer), pointer)) === 3) || findTotalHeader(answer, 3) !== undefined,
      "the total counts all matches, not the page's",
    );
  }),
];
