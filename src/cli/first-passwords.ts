import { awaitUsers } from "../exploits/jwt-auth/accounts.ts";
import { firstPasswords, peopleBy } from "../exploits/jwt-auth/announced.ts";
import type { Trial } from "../exploits/trial.ts";
import { askFor } from "../http/index.ts";
import { A_SETTING, type FirstPassword, type JudgedPassword } from "../model/delivery.ts";

/** A word that every list of common passwords begins with. */
const WEAK = "password";

/**
 * First passwords that were found, with what more is to be known of them: who shares one, and, of those that whoever runs
 * the app sets, whether it takes a weak one. That a value of ours is strong says nothing of theirs.
 */
export async function judgedPasswords(trial: Trial, found: readonly FirstPassword[]): Promise<JudgedPassword[]> {
  const people = await peopleBy("announced", trial.app, await awaitUsers(trial.app, async () => {}), trial.nonces);
  const passwords = new Map(people?.map(({ who, password }) => [who, password]));
  const set = new Set(found.filter(({ from }) => from === A_SETTING).map(({ who }) => who));
  const takes = await takenWeak(trial, new Map([...passwords].filter(([who]) => set.has(who))));
  return found.map(({ who, from, weak }) => {
    const own = passwords.get(who);
    return {
      ...{ who, from },
      weak: from === A_SETTING ? null : weak,
      takesWeak: from === A_SETTING ? (takes.get(who) ?? null) : null,
      sharedWith:
        own === undefined
          ? null
          : [...passwords].filter(([other, its]) => other !== who && its === own).map(([other]) => other),
    };
  });
}

/**
 * Of each user whose password is a setting: whether a copy whose setting is weak gives it to them. Not in the map where
 * that cannot be told.
 */
async function takenWeak(trial: Trial, passwords: ReadonlyMap<string, string>): Promise<Map<string, boolean>> {
  const values = new Set(passwords.values());
  const names = Object.entries(trial.app.settings).flatMap(([name, value]) => (values.has(value) ? [name] : []));
  const weak = Object.fromEntries(names.map((name) => [name, WEAK]));
  const out = new Map<string, boolean>();
  if (names.length === 0) return out;
  await trial.app.startAnother(weak, async (other) => {
    if (other.kind === "ended") for (const who of passwords.keys()) out.set(who, false);
    if (other.kind !== "serving") return;
    const conversation = trial.through(other.connect);
    const place = {
      ...{ databases: other.databases, fileList: other.fileList, log: () => "" },
      settings: { ...trial.app.settings, ...weak },
    };
    const { login } = trial.contract.operations;
    const stored = await awaitUsers(place, async () => {
      const nobody = { email: `${trial.nonces.next("nobody")}@example.com`, password: trial.nonces.next("none") };
      if (login) await conversation.ask(askFor(trial.contract, login, { fields: nobody, label: "a login by nobody" }));
    });
    for (const { who, from, weak: isWeak } of await firstPasswords(place, stored))
      if (from !== null) out.set(who, from === A_SETTING && isWeak === true);
  });
  return out;
}
