import { PYTHON_UPLOADS } from "../../libraries/python-uploads.ts";
import { defineRule } from "../../rule.ts";
import { uploadTypeCheck } from "../../topics/uploads.ts";

export default defineRule({
  topic: "upload-type-check",
  read: (project) =>
    uploadTypeCheck(project, PYTHON_UPLOADS, [
      { names: /^django\.core\.validators\.FileExtensionValidator$/, choice: "by name" },
    ]),
});
