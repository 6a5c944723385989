import { createHmac } from "node:crypto";
import {
  complaintsOf,
  type Found,
  findOwner,
  findRows,
  findToken,
  findTotal,
  findTotalOf,
  idKeyOf,
  type Prober,
  valuesFor,
} from "../../src/contract/index.ts";
import { strongPassword, WEBHOOK_STATUS_WORDS, webhookBody } from "../../src/exploits/pipeline-jobs/client.ts";
import { type Answer, at, matchesStatus, parseJson, parseJwt, textBody, walk } from "../../src/http/index.ts";
import { Operation } from "../../src/model/contract.ts";

const ok = (answer: Answer) => matchesStatus(answer.status, ["2xx"]);
const json = (answer: Answer): unknown => parseJson(answer.bytes.toString("utf8"));
const text = (answer: Answer) => answer.bytes.toString("utf8");

const CREDENTIALS: readonly Partial<Operation>[] = [
  { encoding: "json", fields: { email: "email", password: "password", nonce: "" } },
  { encoding: "json", fields: { email: "username", password: "password", nonce: "" } },
  { encoding: "form", fields: { email: "username", password: "password", nonce: "" } },
  { encoding: "form", fields: { email: "email", password: "password", nonce: "" } },
  { encoding: "multipart", fields: { email: "email", password: "password", nonce: "" } },
];

const CREDENTIAL_EXTRAS: readonly (readonly [RegExp, unknown])[] = [
  [/confirm|repeat|again|password_?2|passwordConfirmation|verify/i, "{password}"],
  [/^e?mail(_?address)?$/i, "{email}"],
  [/user_?name|login|handle/i, "user{nonce}"],
  [/first/i, "Robin"],
  [/last|sur/i, "Tester"],
  [/name/i, "Robin Tester"],
  [/company|organi[sz]ation|tenant/i, "Example Ltd"],
  [/terms|accept|agree|consent/i, true],
  [/grant_?type/i, "password"],
  [/phone/i, "+441632960000"],
];

interface Someone {
  email: string;
  password: string;
  token: string;
}

/**
 * Finds out how this app spells the operations of `pipeline-jobs`, in the order in which they need one another.
 * What is not found is named in `missing`. Registers the first users, so it wants an instance for itself.
 */
export async function resolveContract(prober: Prober, settings: Readonly<Record<string, string>>): Promise<void> {
  const { contract } = prober;
  const miss = (names: readonly string[], why: string) => {
    for (const name of names) contract.missing[name] ??= why;
  };
  const admin = await register(prober);
  if (!admin) {
    miss(
      ALL,
      because(
        prober,
        "no registration was found: nothing that takes an email and a password at a known path answered with success",
      ),
    );
    return;
  }
  const login = await findLogin(prober, admin);
  if (!login) miss(["login"], because(prober, "no login was found for the registered user"));
  const me = admin.token ? admin : login;
  if (!me?.token) {
    miss(ALL, "neither registering nor logging in answered with a token");
    return;
  }
  const job = await findCreateJob(prober, me.token);
  if (!job) {
    miss(
      ALL.filter((name) => !["register", "login", "adminUsers", "adminDelete", "adminStats", "webhook"].includes(name)),
      because(prober, "no operation creates a job"),
    );
  } else {
    await findJobReads(prober, me.token, job);
    await findFiles(prober, me.token, job);
    await findSearch(prober, me.token, job);
    await findShare(prober, me.token, job);
  }
  await findAdmin(prober, me);
  await findWebhook(prober, me.token, job, settings["WEBHOOK_SECRET"]);
  miss(
    ALL.filter((name) => !(name in contract.operations)),
    "not found at any known path",
  );
}

const ALL = [
  "register",
  "login",
  "listJobs",
  "createJob",
  "getJob",
  "upload",
  "download",
  "search",
  "share",
  "adminUsers",
  "adminDelete",
  "adminStats",
  "webhook",
];

/** Why something was not found, with the last refusal by a path that exists. */
const because = (prober: Prober, why: string): string => (prober.refusal ? `${why} (${prober.refusal})` : why);

function keep(prober: Prober, name: string, found: Found, details: Partial<Operation> = {}): Operation {
  const operation = Operation.parse({ ...found.operation, ...details });
  prober.contract.operations[name] = operation;
  delete prober.contract.missing[name];
  prober.learnt(
    `${name}: ${operation.method} ${operation.path}${operation.encoding === "none" ? "" : ` (${operation.encoding})`}`,
  );
  return operation;
}

async function register(prober: Prober): Promise<Someone | undefined> {
  const email = prober.fresh ? "admin@test.com" : `${prober.nonces.next("first")}@example.com`;
  const password = strongPassword(prober.nonces);
  const endings = [
    "/auth/register",
    "/register",
    "/auth/signup",
    "/signup",
    "/users/register",
    "/auth/sign-up",
    "/users",
    "/accounts/register",
  ];
  const found = await prober.find({
    method: "POST",
    endings,
    encodings: CREDENTIALS,
    call: { fields: { email, password, nonce: prober.nonces.next("") }, label: "register?" },
    supply: CREDENTIAL_EXTRAS,
    accept: (answer, body) =>
      ok(answer) &&
      (findToken(body) !== undefined ||
        (body !== null &&
          typeof body === "object" &&
          text(answer).length < 4096 &&
          !looksLikeEcho(text(answer), password))),
  });
  if (!found) return undefined;
  const token = findToken(found.json);
  const { nonce: _nonce, ...fields } = found.operation.fields;
  const owner = findOwner(found.json, email);
  const userId = owner ? idKeyOf(owner.object) : undefined;
  keep(prober, "register", found, {
    fields: { ...fields, nonce: "" },
    pointers: {
      ...(token ? { token: token.pointer } : {}),
      ...(owner && userId ? { userId: `${owner.pointer}/${userId}` } : {}),
    },
  });
  if (!found.operation.path.endsWith("/auth/register"))
    prober.deviates(`register is at ${found.operation.path}, not /auth/register`);
  if (!token) prober.deviates("registering does not answer with a JWT");
  else if (!parseJwt(token.token)) prober.deviates("the token is not a JWT");
  prober.preferParentsOf(found.operation.path);
  prober.firstUser = { email, password };
  return { email, password, token: token?.token ?? "" };
}

/** An app that sends back what it got has not registered anybody. */
const looksLikeEcho = (answer: string, password: string) => answer.includes(password);

async function findLogin(prober: Prober, user: Someone): Promise<Someone | undefined> {
  const registered = prober.contract.operations["register"];
  const authPrefix = registered?.path.replace(/\/[^/]*\/?$/, "") ?? "";
  prober.prefixes = [...new Set([authPrefix, ...prober.prefixes])];
  const same = registered
    ? [
        {
          encoding: registered.encoding,
          fields: {
            email: registered.fields["email"] ?? "email",
            password: registered.fields["password"] ?? "password",
          },
        },
      ]
    : [];
  const found = await prober.find({
    method: "POST",
    endings: [
      "/login",
      "/auth/login",
      "/auth/token",
      "/token",
      "/auth/signin",
      "/signin",
      "/sessions",
      "/auth/sign-in",
    ],
    encodings: [...same, ...CREDENTIALS],
    call: { fields: { email: user.email, password: user.password }, label: "login?" },
    supply: CREDENTIAL_EXTRAS.filter(([shape]) => /grant|mail|user/.test(shape.source)),
    accept: (answer, body) => ok(answer) && findToken(body) !== undefined,
  });
  const token = found && findToken(found.json);
  if (!found || !token) return undefined;
  keep(prober, "login", found, { pointers: { token: token.pointer } });
  if (!/\/auth\/login\/?$/.test(found.operation.path))
    prober.deviates(`login is at ${found.operation.path}, not /auth/login`);
  if (found.operation.encoding === "form") prober.deviates("login takes a form, not JSON");
  return { ...user, token: token.token };
}

interface Job {
  id: string;
  name: string;
  description: string;
  nameKey: string;
}

async function findCreateJob(prober: Prober, token: string): Promise<Job | undefined> {
  const name = prober.nonces.next("job");
  const description = prober.nonces.next("about");
  for (const scheme of ["Bearer", "", "Token", "JWT"]) {
    prober.contract.auth.scheme = scheme;
    const found = await prober.find({
      method: "POST",
      endings: ["/jobs", "/jobs/"],
      encodings: [
        { encoding: "json", fields: { name: "name", description: "description" } },
        { encoding: "json", fields: { name: "title", description: "description" } },
        { encoding: "form", fields: { name: "name", description: "description" } },
      ],
      call: { token, fields: { name, description }, label: "create a job?" },
      supply: [
        [/^name$|title/i, name],
        [/status|state/i, "pending"],
        [/type|kind/i, "csv"],
        [/config|param|option|meta/i, {}],
        [/source|input|url/i, "https://example.com/data.csv"],
        [/tags/i, []],
      ],
      accept: (answer, body) =>
        ok(answer) &&
        (findOwner(body, name) !== undefined ||
          (body !== null && typeof body === "object" && idKeyOf(flat(body)) !== undefined)),
    });
    if (!found) continue;
    const owner = findOwner(found.json, name);
    const object = owner?.object ?? flat(found.json);
    const idKey = idKeyOf(object);
    if (idKey === undefined) continue;
    const pointer = owner?.pointer ?? (at(found.json, "/data") === object ? "/data" : "");
    keep(prober, "createJob", found, {
      pointers: { id: `${pointer}/${idKey}`, job: pointer },
      row: rowKeys(object, name, description),
    });
    if (scheme !== "Bearer")
      prober.deviates(`the Authorization header takes ${scheme === "" ? "the bare token" : `the scheme ${scheme}`}`);
    prober.preferParentsOf(found.operation.path);
    return { id: String(object[idKey]), name, description, nameKey: owner?.key ?? "name" };
  }
  prober.contract.auth.scheme = "Bearer";
  return undefined;
}

const flat = (body: unknown): Record<string, unknown> => {
  const outer = (body ?? {}) as Record<string, unknown>;
  for (const key of ["job", "data", "result", "item"]) {
    const inner = outer[key];
    if (inner !== null && typeof inner === "object" && !Array.isArray(inner)) return inner as Record<string, unknown>;
  }
  return outer;
};

/** What the app calls the parts of a job. */
function rowKeys(object: Record<string, unknown>, name: string, description: string): Record<string, string> {
  const out: Record<string, string> = {};
  const idKey = idKeyOf(object);
  if (idKey) out["id"] = idKey;
  for (const [key, value] of Object.entries(object)) {
    if (value === name) out["name"] = key;
    else if (value === description) out["description"] = key;
    else if (/^(status|state)$/i.test(key)) out["status"] = key;
    else if (/^(created|created_?at|date_?created|creation_?date|createdon)$/i.test(key)) out["createdAt"] = key;
    else if (/^shared(_?with|_?emails|_?to)?$/i.test(key)) out["sharedWith"] = key;
  }
  return out;
}

async function findJobReads(prober: Prober, token: string, job: Job): Promise<void> {
  const jobs = prober.contract.operations["createJob"]?.path.replace(/\/$/, "") ?? "/jobs";
  const prefix = jobs.replace(/\/jobs$/, "");
  prober.prefixes = [...new Set([prefix, ...prober.prefixes])];
  const get = await prober.find({
    method: "GET",
    endings: ["/jobs/{}", "/jobs/{}/"],
    encodings: [{}],
    call: { token, job: job.id, label: "read the job?" },
    accept: (answer, body) => ok(answer) && findOwner(body, job.name) !== undefined,
  });
  const owner = get && findOwner(get.json, job.name);
  if (get && owner)
    keep(prober, "getJob", get, {
      pointers: { job: owner.pointer },
      row: rowKeys(owner.object, job.name, job.description),
    });
  else prober.contract.missing["getJob"] = because(prober, "not found at any known path");
  const list = await prober.find({
    method: "GET",
    endings: ["/jobs", "/jobs/"],
    encodings: [{}],
    call: { token, label: "list the jobs?" },
    accept: (answer, body) => ok(answer) && findRows(body, job.name) !== undefined,
  });
  const rows = list && findRows(list.json, job.name);
  if (list && rows)
    keep(prober, "listJobs", list, {
      pointers: { rows: rows.pointer },
      row: rowKeys(rows.row, job.name, job.description),
    });
  else prober.contract.missing["listJobs"] = because(prober, "not found at any known path");
}

async function findFiles(prober: Prober, token: string, job: Job): Promise<void> {
  const content = `name,value\n${prober.nonces.next("cell")},1\n`;
  const fields = [
    ...new Set([
      "file",
      ...prober.hints.uploadFields,
      "upload",
      "data",
      "document",
      "files",
      "attachment",
      "csv",
      "jobFile",
    ]),
  ].slice(0, 12);
  const found = await prober.find({
    method: "POST",
    endings: ["/jobs/{}/upload", "/jobs/{}/uploads", "/jobs/{}/file", "/jobs/{}/files", "/jobs/{}/upload/"],
    encodings: fields.map((field) => ({ encoding: "multipart" as const, fields: { file: field } })),
    call: {
      token,
      job: job.id,
      file: { filename: "data.csv", contentType: "text/csv", content },
      label: "upload a file?",
    },
    supply: [],
    accept: (answer) => ok(answer),
  });
  if (found) {
    keep(prober, "upload", found);
    if (found.operation.fields["file"] !== "file")
      prober.deviates(`the upload's form field is called ${found.operation.fields["file"]}`);
  } else {
    const why = because(prober, "not found at any known path");
    await findRawUpload(prober, token, job, content);
    if (!prober.contract.operations["upload"]) prober.contract.missing["upload"] = why;
  }
  const download = await prober.find({
    method: "GET",
    endings: ["/jobs/{}/download", "/jobs/{}/file", "/jobs/{}/download/"],
    encodings: [{}],
    call: { token, job: job.id, label: "download the file?" },
    accept: (answer) => ok(answer) && answer.bytes.toString("utf8") === content,
  });
  if (download) keep(prober, "download", download);
  else prober.contract.missing["download"] = because(prober, "not found at any known path");
}

async function findRawUpload(prober: Prober, token: string, job: Job, content: string): Promise<void> {
  for (const query of ["?filename=data.csv", "?name=data.csv", ""]) {
    const operation = Operation.parse({
      method: "POST",
      path: `${prober.prefixes[0] ?? ""}/jobs/{job}/upload${query}`,
      encoding: "raw",
    });
    const answer = await prober.call(operation, {
      token,
      job: job.id,
      file: { filename: "data.csv", contentType: "text/csv", content },
      headers: [
        ["X-Filename", "data.csv"],
        ["Content-Disposition", 'attachment; filename="data.csv"'],
      ],
      label: "upload raw bytes?",
    });
    if (!answer || !ok(answer)) continue;
    keep(prober, "upload", { operation, answer, json: json(answer) });
    prober.deviates("the upload takes raw bytes, not a form");
    return;
  }
}

async function findSearch(prober: Prober, token: string, job: Job): Promise<void> {
  const found = await prober.find({
    method: "GET",
    endings: ["/jobs/search", "/jobs/search/"],
    encodings: [{}],
    call: { token, query: `q=${encodeURIComponent(job.name)}`, label: "search?" },
    accept: (answer, body) => ok(answer) && findRows(body, job.name) !== undefined,
  });
  const rows = found && findRows(found.json, job.name);
  if (!found || !rows) {
    prober.contract.missing["search"] = because(prober, "not found at any known path");
    return;
  }
  const total =
    (await totalByValue(prober, token, found.operation, rows.pointer)) ?? findTotal(found.json, rows.pointer);
  keep(prober, "search", found, {
    pointers: { rows: rows.pointer, ...(total !== undefined ? { total } : {}) },
    row: rowKeys(rows.row, job.name, job.description),
  });
  if (total === undefined) prober.deviates("the search answers without a total");
}

/** The total's place, known by its value: three jobs are looked for, two on the page. */
async function totalByValue(
  prober: Prober,
  token: string,
  search: Operation,
  rowsPointer: string,
): Promise<string | undefined> {
  const create = prober.contract.operations["createJob"];
  if (!create) return undefined;
  const stem = prober.nonces.next("three");
  for (const letter of ["a", "b", "c"]) {
    const fields = { name: `${stem}${letter}`, description: prober.nonces.next("about") };
    await prober.call(create, { token, fields, label: "one of three jobs" });
  }
  const answer = await prober.call(search, { token, query: `q=${stem}&per_page=2`, label: "how many in all?" });
  return answer && ok(answer) ? findTotalOf(json(answer), rowsPointer, 3) : undefined;
}

async function findShare(prober: Prober, token: string, job: Job): Promise<void> {
  const email = `${prober.nonces.next("friend")}@example.com`;
  const attempt = (to: string) =>
    prober.find({
      method: "POST",
      endings: ["/jobs/{}/share", "/jobs/{}/shares", "/jobs/{}/share/"],
      encodings: [
        { encoding: "json", fields: { email: "email" } },
        { encoding: "form", fields: { email: "email" } },
      ],
      call: { token, job: job.id, fields: { email: to }, label: "share?" },
      supply: [[/mail|with|user|recipient/i, to]],
      accept: (answer) => ok(answer),
    });
  let found = await attempt(email);
  let to = email;
  const needsUser: Record<string, string> = {};
  if (!found) {
    // An app may share with its own users only.
    to = `${prober.nonces.next("friend")}@example.com`;
    const register = prober.contract.operations["register"];
    if (register)
      await prober.call(register, {
        fields: { email: to, password: strongPassword(prober.nonces), nonce: prober.nonces.next("") },
        label: "register a friend",
      });
    found = await attempt(to);
    if (found) {
      needsUser["needsUser"] = "true";
      prober.deviates("sharing works with registered users only");
    }
  }
  if (!found) {
    prober.contract.missing["share"] = because(prober, "not found at any known path");
    return;
  }
  const read = prober.contract.operations["getJob"];
  const answer = read && (await prober.call(read, { token, job: job.id, label: "who is it shared with?" }));
  const shown = answer && text(answer).includes(to);
  const inAnswer =
    !shown && [...walk(found.json)].some(({ value }) => Array.isArray(value) && JSON.stringify(value).includes(to));
  keep(prober, "share", found, { row: { ...needsUser, shownBy: shown ? "getJob" : inAnswer ? "answer" : "database" } });
}

async function findAdmin(prober: Prober, me: Someone): Promise<void> {
  const users = await prober.find({
    method: "GET",
    endings: ["/admin/users", "/admin/users/"],
    encodings: [{}],
    call: { token: me.token, label: "list the users?" },
    accept: (answer, body) => ok(answer) && findRows(body, me.email) !== undefined,
  });
  const rows = users && findRows(users.json, me.email);
  const idKey = rows ? idKeyOf(rows.row) : undefined;
  if (users && rows && idKey) {
    keep(prober, "adminUsers", users, { pointers: { rows: rows.pointer }, row: { id: idKey, email: rows.key } });
    await findDelete(prober, me.token, users.operation.path);
  } else prober.contract.missing["adminUsers"] = because(prober, "not found at any known path");
  const stats = await prober.find({
    method: "GET",
    endings: ["/admin/stats", "/admin/stats/", "/admin/statistics"],
    encodings: [{}],
    call: { token: me.token, label: "admin statistics?" },
    accept: (answer, body) => ok(answer) && body !== null && typeof body === "object",
  });
  if (stats) keep(prober, "adminStats", stats);
}

async function findDelete(prober: Prober, token: string, usersPath: string): Promise<void> {
  const register = prober.contract.operations["register"];
  const users = prober.contract.operations["adminUsers"];
  if (!register || !users) return;
  const email = `${prober.nonces.next("gone")}@example.com`;
  await prober.call(register, {
    fields: { email, password: strongPassword(prober.nonces), nonce: prober.nonces.next("") },
    label: "register somebody to delete",
  });
  const listed = await prober.call(users, { token, label: "find their id" });
  const row = listed && findRows(json(listed), email)?.row;
  const id = row?.[users.row["id"] ?? "id"];
  if (id === undefined) return;
  prober.prefixes = [...new Set([usersPath.replace(/\/admin\/users\/?$/, ""), ...prober.prefixes])];
  const found = await prober.find({
    method: "DELETE",
    endings: ["/admin/users/{}", "/admin/users/{}/"],
    encodings: [{}],
    call: { token, user: String(id), label: "delete a user?" },
    accept: (answer) => ok(answer),
  });
  if (found) keep(prober, "adminDelete", found);
}

/** Payloads that an app is likely to want; `{job}` is the job's id, `{status}` a status word. */
const PAYLOADS: readonly Record<string, unknown>[] = [
  { job_id: "{job}", status: "{status}" },
  { jobId: "{job}", status: "{status}" },
  { id: "{job}", status: "{status}" },
  { event: "job.{status}", job_id: "{job}", status: "{status}" },
  { event: "job.{status}", data: { job_id: "{job}", status: "{status}" } },
  { event: "job.{status}", data: { jobId: "{job}", status: "{status}" } },
  { event: "job.{status}", data: { jobId: "{job}", state: "{status}" } },
  { event: "job.{status}", data: { id: "{job}", status: "{status}" } },
  { type: "job.{status}", job_id: "{job}", status: "{status}" },
  { type: "job.{status}", data: { job_id: "{job}", status: "{status}" } },
  { event: "job.status", payload: { job_id: "{job}", status: "{status}" } },
  { job: { id: "{job}", status: "{status}" } },
  { job_id: "{job}", state: "{status}" },
  { jobId: "{job}", state: "{status}" },
  { event: "status_changed", job_id: "{job}", status: "{status}", data: {} },
  { event_type: "job.{status}", job_id: "{job}", status: "{status}" },
];

const letIn = (answer: Answer) => !matchesStatus(answer.status, ["401", "403", "404", "405", "5xx"]);

async function findWebhook(
  prober: Prober,
  token: string,
  job: Job | undefined,
  secret: string | undefined,
): Promise<void> {
  if (secret === undefined) {
    prober.contract.missing["webhook"] = "the webhook's secret is not known here";
    return;
  }
  const status = prober.contract.operations["getJob"]?.row["status"];
  const statusNow = async () => {
    const read = prober.contract.operations["getJob"];
    if (!read || !job || !status) return undefined;
    const answer = await prober.call(read, { token, job: job.id, label: "the job's status" });
    return answer ? at(json(answer), `${read.pointers["job"] ?? ""}/${status}`) : undefined;
  };
  const words = [...WEBHOOK_STATUS_WORDS].sort(
    (a, b) => Number(prober.hints.words.has(b)) - Number(prober.hints.words.has(a)),
  );
  const numeric = job !== undefined && /^\d+$/.test(job.id);
  const send = async (path: string, payload: Record<string, unknown>, word: string, format: string, style: string) => {
    const operation = Operation.parse({
      method: "POST",
      path,
      encoding: "json",
      extra: { payload },
      fields: { signature: format },
      row: { status: word, style, ...(numeric ? { jobIsNumber: "true" } : {}) },
    });
    const body = webhookBody(operation, job?.id ?? "1", word);
    const digest = createHmac("sha256", secret).update(body).digest("hex");
    const answer = await prober.call(operation, {
      body: { bytes: textBody(body), contentType: "application/json" },
      headers: [["X-Signature", `${format}${digest}`]],
      label: "webhook?",
    });
    return { operation, answer };
  };
  for (const prefix of prober.prefixes) {
    const path = `${prefix}/webhooks/process`;
    const unsigned = await prober.call(Operation.parse({ method: "POST", path, encoding: "json" }), {
      label: "a webhook?",
    });
    if (!unsigned || matchesStatus(unsigned.status, ["404", "405"])) continue;
    // An app that signs what it re-serialised lets in only bodies that look like its own serialiser's.
    for (const [format, style] of [
      ["", "compact"],
      ["sha256=", "compact"],
      ["", "spaced"],
      ["sha256=", "spaced"],
    ] as const) {
      const first = await send(path, PAYLOADS[0] ?? {}, words[0] ?? "completed", format, style);
      if (!first.answer || matchesStatus(first.answer.status, ["401", "403"])) continue;
      const sendThis = (payload: Record<string, unknown>, word: string) => send(path, payload, word, format, style);
      const best = (await bestPayload(words, sendThis, statusNow)) ?? (await grownPayload(words, sendThis, statusNow));
      if (!best && !letIn(first.answer)) continue;
      const chosen = best ?? { operation: first.operation, answer: first.answer };
      keep(prober, "webhook", { ...chosen, json: undefined }, { row: chosen.operation.row });
      prober.learnt(
        best?.effect
          ? "a signed webhook changes the job's status"
          : "no payload that was tried has an effect that can be looked at",
      );
      if (format !== "") prober.deviates("the signature needs the prefix sha256=");
      if (style !== "compact") prober.deviates("compact JSON is refused under a right signature");
      return;
    }
  }
}

type Sent = { operation: Operation; answer: Answer | undefined };

/** The first payload with an effect on the job, else the first that gets 2xx, else none. */
async function bestPayload(
  words: readonly string[],
  send: (payload: Record<string, unknown>, word: string) => Promise<Sent>,
  statusNow: () => Promise<unknown>,
): Promise<{ operation: Operation; answer: Answer; effect: boolean } | undefined> {
  let accepted: { operation: Operation; answer: Answer; effect: boolean } | undefined;
  for (const payload of PAYLOADS) {
    for (const word of words) {
      const { operation, answer } = await send(payload, word);
      if (!answer) continue;
      if (!ok(answer)) {
        // A refusal that does not speak of the status will not change with another word.
        if (!/status|state|one of|enum|allowed|literal|choice/i.test(text(answer))) break;
        continue;
      }
      if ((await statusNow()) === word)
        return { operation: { ...operation, row: { ...operation.row, effect: "status" } }, answer, effect: true };
      accepted ??= { operation, answer, effect: false };
      break;
    }
  }
  return accepted;
}

/** Values for members that an app demands of a webhook, by their names. */
const PAYLOAD_MEMBERS: readonly (readonly [RegExp, unknown])[] = [
  [/job|^id$/i, "{job}"],
  [/status|state|result/i, "{status}"],
  [/event|type|action/i, "job.{status}"],
];

/** A payload that grows by what its refusals ask for, with the status words in turn. */
async function grownPayload(
  words: readonly string[],
  send: (payload: Record<string, unknown>, word: string) => Promise<Sent>,
  statusNow: () => Promise<unknown>,
): Promise<{ operation: Operation; answer: Answer; effect: boolean } | undefined> {
  let payload: Record<string, unknown> = { job_id: "{job}", status: "{status}" };
  for (let round = 0; round < 8; round++) {
    let refused: Answer | undefined;
    for (const word of words) {
      const { operation, answer } = await send(payload, word);
      if (!answer) return undefined;
      if (ok(answer)) {
        const effect = (await statusNow()) === word;
        const row = { ...operation.row, ...(effect ? { effect: "status" } : {}) };
        return { operation: { ...operation, row }, answer, effect };
      }
      refused = answer;
      if (!complaintsOf(answer).some(({ name }) => name === "status")) break;
    }
    if (!refused || !matchesStatus(refused.status, ["400", "422"])) return undefined;
    const missing = complaintsOf(refused).filter(({ name }) => !(name in payload));
    const sure = missing.filter((one) => one.sure);
    const wanted = sure.length > 0 ? sure : missing;
    if (wanted.length === 0) return undefined;
    payload = { ...payload };
    for (const one of wanted) {
      const rule = PAYLOAD_MEMBERS.find(([shape]) => shape.test(one.name));
      payload[one.name] = rule ? rule[1] : valuesFor(one)[0];
    }
  }
  return undefined;
}
