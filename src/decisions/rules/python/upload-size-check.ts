import { PYTHON_UPLOADS, pythonParserLimits } from "../../libraries/python-uploads.ts";
import { absent, defineRule, firstOfEach } from "../../rule.ts";
import { sizeComparisons, takesUploads } from "../../topics/uploads.ts";

export default defineRule({
  topic: "upload-size-check",
  read(project) {
    if (!takesUploads(project, PYTHON_UPLOADS)) return [];
    const found = firstOfEach([...pythonParserLimits(project), ...sizeComparisons(project)]);
    return found.length > 0 ? found : [absent()];
  },
});
