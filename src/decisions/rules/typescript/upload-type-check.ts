import { TYPESCRIPT_UPLOADS } from "../../libraries/typescript-uploads.ts";
import { defineRule } from "../../rule.ts";
import { uploadTypeCheck } from "../../topics/uploads.ts";

export default defineRule({
  topic: "upload-type-check",
  read: (project) =>
    uploadTypeCheck(project, TYPESCRIPT_UPLOADS, [
      { names: /^@nestjs\/common\.FileTypeValidator$/, choice: "by media type" },
    ]),
});
