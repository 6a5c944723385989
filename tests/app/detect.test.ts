import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { detectRecipe } from "../../src/app/detect.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "detect-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function startOf(files: Record<string, string>): string {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return detectRecipe(folder, {}).start;
}

const wrapped = "inner = Litestar([])\n\napp = RequestLog(inner)\n";

test("an application inside middleware is served with the middleware around it", () => {
  expect(startOf({ "requirements.txt": "litestar\n", "app/main.py": wrapped })).toContain("uvicorn app.main:app ");
});

test("what the app's own start names is served", () => {
  const files = {
    "requirements.txt": "litestar\n",
    "service/main.py": "inner = Litestar([])\n",
    "service/outer.py": "from service.main import inner\nserved = Cors(inner)\n",
    "service/__main__.py": 'uvicorn.run(\n    "service.outer:served",\n    port=8000,\n)\n',
  };
  expect(startOf(files)).toContain("uvicorn service.outer:served ");
});

test("what the README says to serve is served, unless there is no such thing", () => {
  const files = {
    "requirements.txt": "fastapi\n",
    "main.py": "api = FastAPI()\nouter: ASGIApp = Cors(application=api)\n",
  };
  expect(startOf({ ...files, "README.md": "Run `uvicorn main:outer --port 8000`." })).toContain("uvicorn main:outer ");
  expect(startOf({ ...files, "README.md": "Run `uvicorn main:gone`." })).toContain("uvicorn main:api ");
});

test("an application that nothing is said of is served as it is", () => {
  const files = { "requirements.txt": "fastapi\n", "main.py": "app = FastAPI()\nclient = TestClient(app)\n" };
  expect(startOf(files)).toContain("uvicorn main:app ");
});
