import { type Found, findToken, type Prober, tokenKind } from "../../src/contract/index.ts";
import { awaitUsers, type Person, restorePasswords, SEEDED, type Way } from "../../src/exploits/jwt-auth/accounts.ts";
import { peopleBy } from "../../src/exploits/jwt-auth/announced.ts";
import { cookieIn, refreshCall, tokensOf } from "../../src/exploits/jwt-auth/client.ts";
import { type Answer, headerValues, matchesStatus, parseJwt, walk } from "../../src/http/index.ts";
import { Operation } from "../../src/model/contract.ts";

const ok = (answer: Answer) => matchesStatus(answer.status, ["2xx"]);

const CREDENTIALS: readonly Partial<Operation>[] = [
  { encoding: "json", fields: { email: "email", password: "password" } },
  { encoding: "form", fields: { email: "username", password: "password" } },
  { encoding: "json", fields: { email: "username", password: "password" } },
  { encoding: "form", fields: { email: "email", password: "password" } },
];

const LOGIN_ENDINGS = ["/login", "/auth/login", "/token", "/auth/token", "/signin", "/sessions"];
const ME_ENDINGS = ["/me", "/users/me", "/auth/me", "/profile"];
const REFRESH_ENDINGS = ["/refresh", "/auth/refresh", "/token/refresh", "/refresh-token", "/auth/refresh-token"];

/**
 * Finds out how this app spells the operations of `jwt-auth`. How seeded users get passwords is left to the agent, so
 * that is found out first: we write bcrypt hashes of our own into the app's database, or, where the app does not take
 * them, use the passwords that it announces. Wants an instance for itself.
 */
export async function resolveContract(prober: Prober): Promise<void> {
  const { contract } = prober;
  const { login, why } = await findLogin(prober);
  if (!login) {
    for (const name of ["login", "me", "refresh"]) contract.missing[name] = why;
    return;
  }
  await findMe(prober, login);
  await findRefresh(prober, login);
}

interface LoggedIn {
  person: Person;
  access: string;
  refresh: string | undefined;
}

function keep(prober: Prober, name: string, found: Found, details: Partial<Operation>): Operation {
  const operation = Operation.parse({ ...found.operation, ...details });
  prober.contract.operations[name] = operation;
  delete prober.contract.missing[name];
  prober.learnt(
    `${name}: ${operation.method} ${operation.path}${operation.encoding === "none" ? "" : ` (${operation.encoding})`}`,
  );
  const path = operation.path.split("?")[0]?.replace(/\/$/, "");
  if (path !== `/${name}` && path !== `/api/${name}`) prober.deviates(`${name} is at ${path}, not /${name}`);
  return operation;
}

async function findLogin(prober: Prober): Promise<{ login?: LoggedIn; why: string }> {
  const { place } = prober;
  if (!place) return { why: "an address alone gives nobody to log in as: check the app's folder instead" };
  const stored = await awaitUsers(place, () => poke(prober));
  if (stored.length < SEEDED.length || stored.some(({ password }) => !password?.value))
    prober.lacks = "not each of its first users has a password";
  const ways: readonly Way[] = ["written", "announced", "given"];
  const tried: string[] = [];
  for (const way of ways) {
    if (way !== "written") restorePasswords(stored);
    const people = await peopleBy(way, place, stored, prober.nonces);
    const [person] = people ?? [];
    if (!person) {
      tried.push(NO_PASSWORDS[way]);
      continue;
    }
    const login = await tryLogin(prober, person, way);
    if (login) return { login, why: "" };
    if (prober.refusal === undefined) return { why: "nobody could be logged in: no path that takes a login was found" };
    tried.push(NO_LOGIN[way]);
  }
  return { why: `nobody could be logged in: ${tried.join("; ")} (${stored.length} of ${SEEDED.length} users found)` };
}

const NO_PASSWORDS: Readonly<Record<Way, string>> = {
  written: "no place for passwords in its database",
  announced: "no announced password fits",
  given: "no setting names their passwords",
};

const NO_LOGIN: Readonly<Record<Way, string>> = {
  written: "it does not take bcrypt hashes of ours",
  announced: "the announced passwords do not log in",
  given: "the passwords that it was given do not log in",
};

const LEARNT: Readonly<Record<Way, string>> = {
  written: "passwords: bcrypt hashes of ours, written into the app's database",
  announced: "passwords: those that the app announces, proven against its database",
  given: "passwords: those that the app was given as settings",
};

/** Asks what needs the database, so that an app which opens it lazily makes its users. */
async function poke(prober: Prober): Promise<void> {
  const { conversation } = prober;
  for (const path of ["/users", "/api/users"])
    await conversation.ask({ method: "GET", path, label: "make the app open its database" });
  await prober.find({
    method: "POST",
    endings: LOGIN_ENDINGS,
    encodings: CREDENTIALS.slice(0, 2),
    call: {
      fields: { email: `${prober.nonces.next("nobody")}@example.com`, password: prober.nonces.next("none") },
      label: "a login by nobody",
    },
    accept: (answer) => matchesStatus(answer.status, ["400", "401", "403"]),
  });
}

async function tryLogin(prober: Prober, person: Person, way: Way): Promise<LoggedIn | undefined> {
  const { email, password } = person;
  const found = await prober.find({
    method: "POST",
    endings: LOGIN_ENDINGS,
    encodings: CREDENTIALS,
    call: { fields: { email, password }, label: "login?" },
    supply: [
      [/grant_?type/i, "password"],
      [/remember/i, true],
    ],
    accept: (answer, body) => ok(answer) && findAccessToken(answer, body) !== undefined,
  });
  const token = found && findAccessToken(found.answer, found.json);
  if (!found || !token) return undefined;
  const refresh = findRefreshToken(found, token.token);
  keep(prober, "login", found, {
    pointers: {
      ...(token.pointer === undefined ? {} : { access: token.pointer }),
      ...(refresh?.pointer ? { refresh: refresh.pointer } : {}),
    },
    row: {
      passwords: way,
      ...(token.cookie ? { accessCookie: token.cookie } : {}),
      ...(refresh?.cookie ? { refreshCookie: refresh.cookie } : {}),
    },
  });
  prober.learnt(LEARNT[way]);
  if (token.cookie) prober.deviates(`the access token comes in the cookie ${token.cookie}`);
  if (!parseJwt(token.token)) prober.deviates("the access token is not a JWT");
  if (!refresh) prober.deviates("logging in gives no refresh token");
  else if (refresh.cookie) prober.deviates(`the refresh token comes in the cookie ${refresh.cookie}`);
  prober.preferParentsOf(found.operation.path);
  prober.prefixes = [...new Set([found.operation.path.replace(/\/[^/]*\/?$/, ""), ...prober.prefixes])];
  return { person, access: token.token, refresh: refresh?.token };
}

/** Where an answer holds an access token: in its JSON, or in a cookie. */
function findAccessToken(
  answer: Answer,
  json: unknown,
): { token: string; pointer?: string; cookie?: string } | undefined {
  const inJson = findToken(json);
  if (inJson) return inJson;
  for (const { name, value } of cookiesOf(answer))
    if (/access|token|jwt|auth|session|^at$/i.test(name) && !/refresh|[cx]srf/i.test(name) && value.length >= 16)
      return { token: value, cookie: name };
  return undefined;
}

function cookiesOf(answer: Answer): { name: string; value: string }[] {
  return headerValues(answer, "set-cookie").flatMap((line) => {
    const name = line.split("=")[0]?.trim() ?? "";
    const value = cookieIn(answer, name);
    return value === undefined ? [] : [{ name, value }];
  });
}

/** Where an answer holds a refresh token: in its JSON under a telling key, or in a cookie. */
function findRefreshToken(
  found: Found,
  access: string,
): { token: string; pointer?: string; cookie?: string } | undefined {
  const candidates = [...walk(found.json)].flatMap(({ pointer, key, value }) =>
    typeof value === "string" && value.length >= 16 && value !== access && tokenKind(pointer) === "refresh"
      ? [{ pointer, key, token: value }]
      : [],
  );
  // Beside a token there may be when it ends, or what it is good for.
  const token =
    candidates.find((one) => parseJwt(one.token)) ??
    candidates.find(({ key }) => /token|refresh|value|jwt/i.test(key) && !/exp|type|_at$|At$|until|url/i.test(key));
  if (token) return { token: token.token, pointer: token.pointer };
  for (const { name, value } of cookiesOf(found.answer))
    if (/refresh|^rt$/i.test(name) && value.length >= 16) return { token: value, cookie: name };
  return undefined;
}

async function findMe(prober: Prober, login: LoggedIn): Promise<void> {
  const { accessCookie } = prober.contract.operations["login"]?.row ?? {};
  const carriers = ["Bearer", "JWT", "Token", ""].map((scheme) => ({ scheme }));
  for (const carrier of accessCookie ? [{ scheme: "Bearer", cookie: accessCookie }, ...carriers] : carriers) {
    prober.contract.auth = carrier;
    const { scheme } = carrier;
    const found = await prober.find({
      method: "GET",
      endings: ME_ENDINGS,
      encodings: [{}],
      call: { token: login.access, label: "own profile?" },
      accept: (answer) => ok(answer) && answer.bytes.toString("utf8").includes(login.person.email),
    });
    if (!found) continue;
    keep(prober, "me", found, {});
    if ("cookie" in carrier) prober.deviates(`the access token is sent in the cookie ${carrier.cookie}`);
    if (scheme !== "Bearer") prober.deviates(`the Authorization header takes ${scheme || "the bare token"}`);
    return;
  }
  prober.contract.auth = { scheme: "Bearer" };
  prober.contract.missing["me"] = "no known path answered with the profile of the user who had logged in";
}

const CARRIERS: readonly Partial<Operation>[] = [
  ...["refresh_token", "refreshToken", "token", "refresh"].map((name) => ({
    encoding: "json" as const,
    fields: { refresh: name },
    row: { carrier: "body" },
  })),
  { encoding: "form", fields: { refresh: "refresh_token" }, row: { carrier: "body" } },
  { encoding: "none", row: { carrier: "header" } },
  ...["X-Refresh-Token", "Refresh-Token"].map((name) => ({
    encoding: "none" as const,
    row: { carrier: "header", name },
  })),
  { encoding: "none", row: { carrier: "query", name: "refresh_token" } },
  { encoding: "none", row: { carrier: "query", name: "refreshToken" } },
];

async function findRefresh(prober: Prober, login: LoggedIn): Promise<void> {
  const { refresh } = login;
  if (refresh === undefined) {
    prober.contract.missing["refresh"] = "logging in gives no refresh token to refresh with";
    return;
  }
  const cookie = prober.contract.operations["login"]?.row["refreshCookie"];
  const carriers = cookie
    ? [{ encoding: "none" as const, row: { carrier: "cookie", name: cookie } }, ...CARRIERS]
    : CARRIERS;
  for (const carrier of carriers) {
    const shape = Operation.parse({ method: "POST", path: "/", ...carrier });
    const found = await prober.find({
      method: "POST",
      endings: REFRESH_ENDINGS,
      encodings: [carrier],
      call: refreshCall(shape, refresh, "refresh?"),
      supply: [[/grant_?type/i, "refresh_token"]],
      accept: (answer, body) => ok(answer) && findAccessToken(answer, body) !== undefined,
    });
    const token = found && findAccessToken(found.answer, found.json);
    if (!found || !token) continue;
    const next = findRefreshToken(found, token.token);
    keep(prober, "refresh", found, {
      pointers: {
        ...(token.pointer === undefined ? {} : { access: token.pointer }),
        ...(next?.pointer ? { refresh: next.pointer } : {}),
      },
      row: {
        ...shape.row,
        ...(token.cookie ? { accessCookie: token.cookie } : {}),
        ...(next?.cookie ? { refreshCookie: next.cookie } : {}),
      },
    });
    if (carrier.row?.["carrier"] !== "body")
      prober.deviates(`the refresh token is sent in the ${carrier.row?.["carrier"]}`);
    const { access } = tokensOf(prober.contract, "refresh", found.answer);
    if (access === undefined) prober.deviates("refreshing gives no access token");
    return;
  }
  prober.contract.missing["refresh"] = "no known path answered with a new access token";
}
