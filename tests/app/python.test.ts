import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { detectRecipe } from "../../src/app/index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "python-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The framework, and the command without what is the same for every app. */
function served(files: Record<string, string>): string {
  for (const [name, text] of Object.entries({ "requirements.txt": "", ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const { framework, start } = detectRecipe(folder, {});
  return `${framework}: ${start.replace("exec python -m ", "").replace(' --host 127.0.0.1 --port "$PORT"', "")}`;
}

const LITESTAR = "from litestar import Litestar\ninner = Litestar([])\n";

test.each<[string, Record<string, string>, string]>([
  ["the object itself", { "main.py": "api = FastAPI()\n" }, "FastAPI: uvicorn main:api"],
  [
    "what wraps it",
    { "app/main.py": `${LITESTAR}app = Log(Cors(inner, "https://a.example"))\n` },
    "Litestar: uvicorn app.main:app",
  ],
  [
    "a test's client is no wrapper",
    { "main.py": "server = FastAPI()\nclient = TestClient(server)\n" },
    "FastAPI: uvicorn main:server",
  ],
  [
    "what its own script runs",
    {
      "main.py": "inner = FastAPI()\n",
      "asgi.py": "from main import inner\nouter = Cors(inner)\n",
      "run.py": 'import uvicorn\nuvicorn.run("asgi:outer", port=1)\n',
    },
    "FastAPI: uvicorn asgi:outer",
  ],
  [
    "an imported object that its script runs",
    {
      "pkg/web.py": "def build():\n    return FastAPI()\nservice = build()\n",
      "run.py": "import uvicorn\nfrom pkg.web import service\nuvicorn.run(service)\n",
      "pkg/x.py": "import fastapi\n",
    },
    "FastAPI: uvicorn pkg.web:service",
  ],
  [
    "what its README says",
    { "a.py": "one = FastAPI()\n", "b.py": "two = FastAPI()\n", "README.md": "Run `uvicorn b:two --reload`.\n" },
    "FastAPI: uvicorn b:two",
  ],
  [
    "what its Dockerfile says, in the list form",
    {
      "a.py": "one = FastAPI()\n",
      "b.py": "two = FastAPI()\n",
      Dockerfile: 'CMD ["uvicorn", "b:two", "--host", "0.0.0.0"]\n',
    },
    "FastAPI: uvicorn b:two",
  ],
  [
    "a README that names what is not there",
    { "a.py": "one = FastAPI()\n", "README.md": "uvicorn old.place:app\n" },
    "FastAPI: uvicorn a:one",
  ],
  [
    "a function that the server calls",
    {
      "svc/app.py": "from fastapi import FastAPI\ndef create_app():\n    return FastAPI()\n",
      Procfile: "web: uvicorn svc.app:create_app --factory\n",
    },
    "FastAPI: uvicorn --factory svc.app:create_app",
  ],
  [
    "an application that is a function",
    {
      "main.py":
        "import fastapi\ninner = fastapi.FastAPI()\nasync def outer(scope, receive, send):\n    await inner(scope, receive, send)\n",
      "README.md": "uvicorn main:outer",
    },
    "FastAPI: uvicorn main:outer",
  ],
  [
    "Flask behind a WSGI wrapper",
    {
      "app.py": "from flask import Flask\napp = Flask(__name__)\n",
      "wsgi.py": "from app import app\napplication = ProxyFix(app)\n",
      Procfile: "web: gunicorn wsgi:application\n",
    },
    'Flask: flask --app "app:app" run',
  ],
  [
    "Flask made by a function",
    {
      "app/__init__.py": "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n",
      "README.md": "gunicorn 'app:create_app()'\n",
    },
    'Flask: flask --app "app:create_app" run',
  ],
])("serves %s", (_, files, wanted) => {
  expect(served(files)).toBe(wanted);
});
