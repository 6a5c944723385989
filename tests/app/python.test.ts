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

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** The framework, and the command without what is the same for every app. */
function served(files: Record<string, string>): string {
  write({ "requirements.txt": "", ...files });
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
    "the one server that its dependencies name",
    {
      "requirements.txt": "quart==0.22.0\nhypercorn==0.18.0\nquart-cors==0.8.0\n",
      "svc/__init__.py": "from quart import Quart\ndef create_app():\n    return Quart(__name__)\n",
      "svc/__main__.py":
        "import asyncio\nfrom hypercorn.asyncio import serve\nfrom . import create_app\nasyncio.run(serve(create_app(), config))\n",
    },
    'Quart: hypercorn --bind 127.0.0.1:"$PORT" "svc:create_app()"',
  ],
  [
    "Granian where nothing else is installed",
    { "pyproject.toml": '[project]\ndependencies = ["fastapi>=0.139", "granian"]\n', "main.py": "app = FastAPI()\n" },
    "FastAPI: granian --interface asgi main:app",
  ],
  [
    "uvicorn where a further server is named",
    { "requirements.txt": "quart\nuvicorn\nhypercorn\n", "main.py": "app = Quart(__name__)\n" },
    "Quart: uvicorn main:app",
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
  [
    "a package that is a program",
    {
      "app/main.py": "from aiohttp import web\ndef create_app(config):\n    return web.Application()\n",
      "app/__main__.py": "from aiohttp import web\nfrom .main import create_app\nweb.run_app(create_app({}))\n",
      "README.md": "    python -m venv .venv\n    python -m app\n",
    },
    "aiohttp: app",
  ],
  [
    "what its Procfile runs, of a framework that brings its server",
    {
      "server.py": "import tornado.web\n",
      Procfile: "web: python server.py --port=$PORT\nrelease: python migrate.py\n",
    },
    "Tornado: python server.py --port=$PORT",
  ],
  [
    "the program that its README runs, not the one that fills its database",
    {
      "seed.py": "import bottle\nif __name__ == '__main__':\n    fill()\n",
      "web.py": "import bottle\nif __name__ == '__main__':\n    bottle.run(host='0.0.0.0')\n",
      "README.md": "First `python3 seed.py`, then `python3 web.py`.\n",
    },
    "Bottle: exec python web.py",
  ],
  [
    "the program in its source, when nothing names one",
    {
      "src/jobs/__main__.py": "from jobs.http import main\nmain()\n",
      "src/jobs/http.py":
        "import http.server\ndef main():\n    http.server.ThreadingHTTPServer(('', 80), None).serve_forever()\n",
    },
    "Python: export PYTHONPATH=src; jobs",
  ],
  [
    "behind the server that its README names, with its options",
    {
      "api/app.py": "import falcon\napp = falcon.App()\n",
      "README.md": "```\n$ gunicorn -b 0.0.0.0:8000 --workers 2 api.app:app\n```\n",
    },
    'Falcon: exec gunicorn --bind=127.0.0.1:"$PORT" --workers 2 api.app:app',
  ],
  [
    "by its own program, where that makes the tables",
    {
      "app.py":
        "from flask import Flask\napp = Flask(__name__)\nif __name__ == '__main__':\n    with app.app_context():\n        db.create_all()\n    app.run(port=5000)\n",
      "README.md": "python app.py\n",
    },
    "Flask: exec python app.py",
  ],
  [
    "by the server that its README names, though its own program makes the tables",
    {
      "app.py":
        "from flask import Flask\napp = Flask(__name__)\nif __name__ == '__main__':\n    init_db()\n    app.run(port=5000)\n",
      "README.md": "python -m flask --app app run\n",
    },
    'Flask: flask --app "app:app" run',
  ],
  [
    "by its usual server, where a script that is not the server makes the tables",
    {
      "app.py": "api = FastAPI()\n",
      "setup_db.py": "import asyncio\nif __name__ == '__main__':\n    asyncio.run(init_db())\n",
    },
    "FastAPI: uvicorn app:api",
  ],
  [
    "the server, not a script that runs other programs",
    {
      "migrate.py": "import subprocess\nif __name__ == '__main__':\n    subprocess.run(['true'])\n",
      "web.py": "import bottle\nif __name__ == '__main__':\n    bottle.run(port=80)\n",
      "README.md": "`python migrate.py`, then `python web.py`\n",
    },
    "Bottle: exec python web.py",
  ],
])("serves %s", (_, files, wanted) => {
  expect(served(files)).toBe(wanted);
});

test("an app of Python's own library needs no requirements", () => {
  write({
    "server.py": "from http.server import HTTPServer\nHTTPServer(('', 80), None).serve_forever()\n",
  });
  expect(detectRecipe(folder, {})).toMatchObject({
    toolchain: "python",
    install: "python3 -m venv .venv",
    start: "exec python server.py",
  });
});

test("a package.json for tools makes no Node app of it", () => {
  write({
    "package.json": '{"devDependencies": {"prettier": "3"}}',
    "requirements.txt": "",
    "main.py": "api = FastAPI()\n",
  });
  expect(detectRecipe(folder, {})).toMatchObject({ toolchain: "python", framework: "FastAPI" });
});

test("a Node app that its Procfile starts stays one, whatever scripts of Python lie beside it", () => {
  write({
    "package.json": '{"dependencies": {"express": "5"}}',
    Procfile: "web: node lib/web.js\n",
    "requirements.txt": "",
    "tools/report.py": "print(1)\n",
  });
  expect(detectRecipe(folder, {})).toMatchObject({ toolchain: "node", framework: "Express", start: "node lib/web.js" });
});
