import { findRows, idKeyOf, type Prober } from "../../../src/contract/index.ts";
import { strongPassword } from "../../../src/exploits/pipeline-jobs/client.ts";
import type { Someone } from "./accounts.ts";
import { because, json, keep, ok } from "./finding.ts";

export async function findAdmin(prober: Prober, me: Someone): Promise<void> {
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
