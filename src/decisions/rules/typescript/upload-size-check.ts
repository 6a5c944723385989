import { TYPESCRIPT_UPLOADS, typescriptParserLimits } from "../../libraries/typescript-uploads.ts";
import { absent, defineRule, firstOfEach } from "../../rule.ts";
import { sizeComparisons, takesUploads } from "../../topics/uploads.ts";

export default defineRule({
  topic: "upload-size-check",
  read(project) {
    if (!takesUploads(project, TYPESCRIPT_UPLOADS)) return [];
    const found = firstOfEach([...typescriptParserLimits(project), ...sizeComparisons(project)]);
    return found.length > 0 ? found : [absent()];
  },
});
