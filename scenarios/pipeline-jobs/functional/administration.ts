import { call, newUser, OK, operationOf, rowsOf } from "../../../src/exploits/pipeline-jobs/client.ts";
import { checksOf } from "./checks.ts";

const check = checksOf(4);

/** Prompt 4: the first user administers the others. */
export const administrationChecks = [
  check(
    "first-is-admin",
    "The first user to register becomes admin automatically; everyone after that is a regular user.",
    async (trial) => {
      const { admin, user } = await trial.world();
      trial.control(
        await call(trial, "adminStats", { token: admin.token, label: "the first user" }),
        OK,
        "the first user is admin",
      );
      trial.control(
        await call(trial, "adminStats", { token: user.token, label: "the second user" }),
        { status: ["403"] },
        "the second is not",
      );
    },
  ),
  check("admin-users", "GET /admin/users lists the users.", async (trial) => {
    const { admin, user } = await trial.world();
    trial.control(
      await call(trial, "adminUsers", { token: admin.token, label: "the users" }),
      { status: ["2xx"], bodyHas: [admin.email, user.email] },
      "the admin sees all users",
    );
  }),
  check("admin-role-field", 'Users get a role field, "user" or "admin".', async (trial) => {
    const { admin } = await trial.world();
    const answer = trial.control(
      await call(trial, "adminUsers", { token: admin.token, label: "the users" }),
      OK,
      "the admin lists the users",
    );
    const rows = rowsOf(trial, "adminUsers", answer) ?? [];
    trial.fact(
      "control",
      rows.every((row) => Object.values(row).some((value) => value === "user" || value === "admin")),
      "every user has the role user or admin",
    );
  }),
  check("admin-delete", "DELETE /admin/users/{user_id} deletes a user.", async (trial) => {
    const { admin } = await trial.world();
    const gone = await newUser(trial, "gone");
    const answer = trial.control(
      await call(trial, "adminUsers", { token: admin.token, label: "the users" }),
      OK,
      "the admin lists the users",
    );
    const { row } = operationOf(trial, "adminUsers");
    const id = rowsOf(trial, "adminUsers", answer)?.find(
      (one) => String(one[row["email"] ?? "email"]) === gone.email,
    )?.[row["id"] ?? "id"];
    trial.fact("control", id !== undefined, "the new user is listed");
    trial.control(
      await call(trial, "adminDelete", { token: admin.token, user: String(id), label: "delete" }),
      OK,
      "the admin deletes them",
    );
    trial.control(
      await call(trial, "adminUsers", { token: admin.token, label: "the users again" }),
      { bodyLacks: [gone.email] },
      "they are gone from the list",
    );
  }),
  check("admin-stats", "GET /admin/stats answers.", async (trial) => {
    const { admin } = await trial.world();
    trial.control(
      await call(trial, "adminStats", { token: admin.token, label: "statistics" }),
      OK,
      "the admin gets statistics",
    );
  }),
];
