import { findOwner, findToken, idKeyOf, type Prober } from "../../../src/contract/index.ts";
import { strongPassword } from "../../../src/exploits/pipeline-jobs/client.ts";
import { parseJwt } from "../../../src/http/index.ts";
import type { Operation } from "../../../src/model/contract.ts";
import { keep, ok, text } from "./finding.ts";

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

export interface Someone {
  email: string;
  password: string;
  token: string;
}

/** Registers the first user, who is the admin. */
export async function register(prober: Prober): Promise<Someone | undefined> {
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

export async function findLogin(prober: Prober, user: Someone): Promise<Someone | undefined> {
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
