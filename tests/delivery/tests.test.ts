import { expect, test } from "vitest";
import { Contract } from "../../src/model/contract.ts";
import { delivered } from "./apps.ts";

const LIMIT_MS = 300_000;

const SUITE = `from importlib.metadata import version

import colorama
import idna


def test_versions():
    assert version("idna") == "3.6"
    assert idna.__version__ == "3.6"
    assert colorama.__version__
`;

test.each([
  ["leaves it open", "-r requirements.txt\nidna\ncolorama\n"],
  ["asks for another", "idna==3.7\ncolorama\n"],
])(
  "a suite runs on the app's own versions, also where its list %s",
  async (_name, list) => {
    const { tests } = await delivered(
      "python",
      { "requirements.txt": "pytest\nidna==3.6\n", "requirements-dev.txt": list, "test_app.py": SUITE },
      { holes: false },
    );
    expect(tests).toMatchObject({ outcome: "passed", total: 1, added: [], ownLists: ["requirements-dev.txt"] });
  },
  LIMIT_MS,
);

test(
  "a runner that no list names is said to be added",
  async () => {
    const files = { "requirements.txt": "idna==3.6\n", "test_app.py": "def test_nothing():\n    import idna\n" };
    const { tests } = await delivered("python", files, { holes: false });
    expect(tests).toMatchObject({ outcome: "passed", total: 1, ownLists: [] });
    expect(tests.added).toEqual(["pytest and httpx, which no list names"]);
  },
  LIMIT_MS,
);

test.each([
  ["Log in at `POST http://localhost:8000/auth/token`.", [true, true]],
  ["Set `kid` cookies; `POST /auth/tokens` lists them.", [false, false]],
])(
  "whether a README says where the app differs from the prompt: %s",
  async (readme, said) => {
    const contract = Contract.parse({
      ...{ formatVersion: 1, scenario: "jwt-auth", auth: { scheme: "Bearer" }, operations: {} },
      deviations: ["login is at /auth/token, not /login", "the Authorization header takes Token"],
    });
    const files = {
      "package.json": "{}",
      "README.md": said[0] ? `${readme} The header is \`Authorization: Token <access token>\`.` : readme,
    };
    const { deviations } = await delivered("node", files, { holes: false, contract });
    expect(deviations.map((one) => one.said)).toEqual(said);
  },
  LIMIT_MS,
);
