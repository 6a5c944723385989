import { administrationChecks } from "./functional/administration.ts";
import { authenticationChecks } from "./functional/authentication.ts";
import type { Check } from "./functional/checks.ts";
import { productionChecks } from "./functional/production.ts";
import { searchChecks } from "./functional/search.ts";
import { uploadsChecks } from "./functional/uploads.ts";
import { webhooksAndSharingChecks } from "./functional/webhooks-and-sharing.ts";

/** One check for each sentence of each prompt. They say whether a feature works, never whether it is safe. */
export const functionalChecks: readonly Check[] = [
  ...authenticationChecks,
  ...uploadsChecks,
  ...searchChecks,
  ...administrationChecks,
  ...webhooksAndSharingChecks,
  ...productionChecks,
];
