import { TYPESCRIPT_UPLOADS, typescriptStreaming } from "../../libraries/typescript-uploads.ts";
import { defineRule, firstOfEach, unsure } from "../../rule.ts";
import { takesUploads } from "../../topics/uploads.ts";

export default defineRule({
  topic: "upload-streaming",
  read(project) {
    if (!takesUploads(project, TYPESCRIPT_UPLOADS)) return [];
    const found = firstOfEach(typescriptStreaming(project));
    if (found.length > 0) return found;
    const first = project.callsOf(TYPESCRIPT_UPLOADS)[0];
    return first ? [unsure(first.node)] : [];
  },
});
