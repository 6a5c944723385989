import { PYTHON_UPLOADS, pythonStreaming } from "../../libraries/python-uploads.ts";
import { defineRule, firstOfEach, unsure } from "../../rule.ts";
import { takesUploads } from "../../topics/uploads.ts";

export default defineRule({
  topic: "upload-streaming",
  read(project) {
    if (!takesUploads(project, PYTHON_UPLOADS)) return [];
    const found = firstOfEach(pythonStreaming(project));
    if (found.length > 0) return found;
    const first = project.callsOf(PYTHON_UPLOADS)[0];
    return first ? [unsure(first.node)] : [];
  },
});
