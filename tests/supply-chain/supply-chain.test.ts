import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { describe, expect, it } from "vitest";
import { billOfMaterials, changesBetween, directDependencies, supplyChain } from "../../src/supply-chain/index.ts";
import { npmConstraint } from "../../src/supply-chain/npm.ts";
import { pypiConstraint } from "../../src/supply-chain/pypi.ts";
import { folderOf, serving } from "../scanners/scanning.ts";

const integrity = `sha512-${"A".repeat(86)}==`;
const NPM = {
  "package.json": JSON.stringify({
    dependencies: { a: "^1.0.0", "@s/b": "2.0.0", mine: "file:./mine" },
    devDependencies: { d: "*" },
  }),
  "package-lock.json": JSON.stringify({
    lockfileVersion: 3,
    packages: {
      "": { dependencies: { a: "^1.0.0", "@s/b": "2.0.0", mine: "file:./mine" }, devDependencies: { d: "*" } },
      "node_modules/a": { version: "1.2.0", integrity, license: "MIT", dependencies: { c: "^1.0.0" } },
      "node_modules/a/node_modules/c": { version: "1.0.1", integrity, license: "MIT", hasInstallScript: true },
      "node_modules/@s/b": { version: "2.0.0", integrity, license: "ISC", dependencies: { c: "^2.0.0", gone: "1" } },
      "node_modules/c": { version: "2.1.0", license: "(MIT OR Apache-2.0)", deprecated: "use e" },
      "node_modules/d": { version: "3.0.0", integrity, dev: true },
      "node_modules/mine": { resolved: "mine", link: true },
      mine: { version: "1.0.0" },
    },
  }),
};
const HASH = `--hash=sha256:${"0".repeat(64)}`;
const PYTHON = {
  "requirements.txt":
    "Flask_Cors==5.0.0\nflask>=3  # web\nanything\n-r more.txt\ngit-thing @ git+https://example.com/x.git\n",
  "requirements.lock": [
    `flask==3.1.0 \\\n    ${HASH}\n    # via -r requirements.txt`,
    `flask-cors==5.0.0 \\\n    ${HASH}\n    # via -r requirements.txt`,
    "click==8.0.0\n    # via\n    #   flask\n    #   anything",
    "anything==1.0",
  ].join("\n"),
};

describe("npm's lockfile", () => {
  it("tells constraints, completeness, hashes, scripts, licences and what is withdrawn", async () => {
    const { ecosystems } = await supplyChain({ folder: folderOf(NPM) });
    expect(ecosystems).toEqual([
      {
        ecosystem: "npm",
        manifest: "package.json",
        lockfile: {
          file: "package-lock.json",
          missing: ["gone, which @s/b needs"],
          hashed: { with: 4, of: 5 },
        },
        direct: [
          expect.objectContaining({ name: "a", constraint: "ranged", version: "1.2.0", scope: "runtime" }),
          expect.objectContaining({ name: "@s/b", constraint: "pinned", version: "2.0.0" }),
          expect.objectContaining({ name: "mine", constraint: "elsewhere", version: null }),
          expect.objectContaining({ name: "d", constraint: "unpinned", version: "3.0.0", scope: "development" }),
        ],
        transitive: 2,
        installScripts: ["c@1.0.1"],
        deprecated: [{ name: "c@2.1.0", why: "use e" }],
        licences: { MIT: 2, "(MIT OR Apache-2.0)": 1, ISC: 1, unknown: 1 },
        maintainers: { notLearnt: "the registry was not asked" },
        registry: { notLearnt: "the registry was not asked" },
      },
    ]);
  });

  it("is incomplete when package.json has moved on", async () => {
    const manifest = {
      dependencies: { a: "^2.0.0", "@s/b": "2.0.0", mine: "file:./mine", extra: "1.0.0" },
      devDependencies: { d: "*" },
    };
    const { ecosystems } = await supplyChain({
      folder: folderOf({ ...NPM, "package.json": JSON.stringify(manifest) }),
    });
    expect(ecosystems[0]?.lockfile?.missing).toEqual([
      "a: package.json wants ^2.0.0, the lockfile ^1.0.0",
      "extra",
      "gone, which @s/b needs",
    ]);
  });

  it.each([
    ["none", {}, "there is no lockfile"],
    ["pnpm's", { "pnpm-lock.yaml": "lockfileVersion: 9\n" }, "pnpm-lock.yaml is not read"],
    [
      "an old one",
      { "package-lock.json": '{"lockfileVersion": 1}' },
      "package-lock.json is not of lockfile version 2 or 3",
    ],
    ["a broken one", { "package-lock.json": "{" }, /^package-lock.json is not JSON/],
  ])("when there is %s: nothing of it is learnt, and nothing reads as zero", async (_what, files, why) => {
    const { ecosystems } = await supplyChain({ folder: folderOf({ "package.json": NPM["package.json"], ...files }) });
    const reason = { notLearnt: typeof why === "string" ? why : expect.stringMatching(why) };
    expect(ecosystems[0]).toMatchObject({
      ...{ lockfile: null, transitive: reason, installScripts: reason, deprecated: reason },
      ...{ licences: reason, maintainers: reason, registry: reason },
    });
    expect(ecosystems[0]?.direct).toHaveLength(4);
  });

  it.each([
    ["1.2.3", "pinned"],
    ["=1.2.3", "pinned"],
    ["1.2", "ranged"],
    ["~1.2.3", "ranged"],
    [">=1.2.3 <2", "ranged"],
    ["*", "unpinned"],
    ["", "unpinned"],
    ["latest", "unpinned"],
    [">=0.0.0", "unpinned"],
    ["npm:other@1.2.3", "pinned"],
    ["github:a/b", "elsewhere"],
    ["a/b#main", "elsewhere"],
    ["https://example.com/a.tgz", "elsewhere"],
    ["workspace:*", "elsewhere"],
  ])("%s is %s", (wanted, constraint) => {
    expect(npmConstraint(wanted)).toBe(constraint);
  });
});

describe("Python's files", () => {
  it("tell constraints, completeness and hashes, and say what they do not hold", async () => {
    const { ecosystems } = await supplyChain({ folder: folderOf(PYTHON) });
    expect(ecosystems[0]).toMatchObject({
      ecosystem: "pypi",
      lockfile: { file: "requirements.lock", missing: ["git-thing"], hashed: { with: 2, of: 4 } },
      direct: [
        { name: "flask-cors", constraint: "pinned", version: "5.0.0" },
        { name: "flask", constraint: "ranged", version: "3.1.0" },
        { name: "anything", constraint: "unpinned", version: "1.0" },
        { name: "git-thing", constraint: "elsewhere", version: null },
      ],
      transitive: 1,
      installScripts: { notLearnt: expect.stringMatching(/wheel/) },
      licences: { notLearnt: expect.stringMatching(/licences; the registry was not asked/) },
    });
  });

  it("of pinned lines alone are no lockfile", async () => {
    const { ecosystems } = await supplyChain({ folder: folderOf({ "requirements.txt": "flask==3.1.0\n" }) });
    expect(ecosystems[0]).toMatchObject({ lockfile: null, transitive: { notLearnt: "there is no lockfile" } });
  });

  it("of uv: graph, hashes, and packages that come without a wheel", async () => {
    const lock = `version = 1
[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "flask" }]
[[package]]
name = "flask"
version = "3.1.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "old" }]
sdist = { url = "x", hash = "sha256:0" }
wheels = [{ url = "y", hash = "sha256:1" }]
[[package]]
name = "old"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "x", hash = "sha256:0" }
`;
    const project =
      '[project]\nname = "app"\ndependencies = ["Flask[async]>=3; python_version > \'3\'"]\n[dependency-groups]\ndev = ["ruff"]\n';
    const { ecosystems } = await supplyChain({ folder: folderOf({ "pyproject.toml": project, "uv.lock": lock }) });
    expect(ecosystems[0]).toMatchObject({
      manifest: "pyproject.toml",
      lockfile: { file: "uv.lock", missing: ["ruff"], hashed: { with: 2, of: 2 } },
      direct: [
        { name: "flask", wanted: ">=3", constraint: "ranged", version: "3.1.0", scope: "runtime" },
        { name: "ruff", constraint: "unpinned", version: null, scope: "development" },
      ],
      transitive: 1,
      installScripts: ["old@1.0"],
    });
  });

  it("of Poetry", async () => {
    const project = '[tool.poetry.dependencies]\npython = "^3.11"\nflask = "^3.1"\nclick = {version = "8.1.7"}\n';
    const lock =
      '[[package]]\nname = "flask"\nversion = "3.1.0"\nfiles = [{file = "flask.whl", hash = "sha256:1"}]\n[package.dependencies]\nclick = ">=8"\n[[package]]\nname = "click"\nversion = "8.1.7"\nfiles = []\n';
    const { ecosystems } = await supplyChain({ folder: folderOf({ "pyproject.toml": project, "poetry.lock": lock }) });
    expect(ecosystems[0]).toMatchObject({
      lockfile: { file: "poetry.lock", missing: [], hashed: { with: 1, of: 2 } },
      direct: [
        { name: "flask", constraint: "ranged" },
        { name: "click", constraint: "pinned" },
      ],
      transitive: 0,
    });
  });

  it.each([
    ["==1.2.3", "pinned"],
    ["===1.2.3", "pinned"],
    ["==1.2.*", "ranged"],
    ["~=1.2", "ranged"],
    [">=1,<2", "ranged"],
    ["", "unpinned"],
    ["@ https://example.com/a.whl", "elsewhere"],
  ])("%s is %s", (wanted, constraint) => {
    expect(pypiConstraint(wanted)).toBe(constraint);
  });
});

describe("the registry", () => {
  const answers: Record<string, unknown> = {
    "/a/1.2.0": { maintainers: [{ name: "ann" }, { name: "ben" }], license: "MIT" },
    "/c/1.0.1": { maintainers: [{ name: "ann" }], license: "MIT" },
    "/@s%2fb/2.0.0": { maintainers: [{ name: "cy" }], license: "ISC" },
    "/c/2.1.0": { maintainers: [{ name: "ann" }], license: "MIT", deprecated: "use e" },
    "/d/3.0.0": { maintainers: [{ name: "ben" }], license: "MIT" },
    "/a": { time: { "1.2.0": "2024-05-01T00:00:00.000Z" } },
    "/@s%2fb": { time: { "2.0.0": "2023-01-01T00:00:00.000Z" } },
    "/d": { time: {} },
    "/pypi/flask/3.1.0/json": {
      info: { license_expression: "BSD-3-Clause", yanked: true, yanked_reason: "a mistake" },
      ownership: { roles: [{ user: "ann" }] },
      urls: [{ upload_time_iso_8601: "2024-11-13T18:24:38Z" }],
    },
  };

  it("tells of maintainers, each once, of age, licences and what is withdrawn", async () => {
    await serving(
      (request, response) => {
        const answer = answers[request.url ?? ""];
        response
          .writeHead(answer ? 200 : 404, { "content-type": "application/json" })
          .end(JSON.stringify(answer ?? {}));
      },
      async (url) => {
        const registries = { npm: url, pypi: url };
        const [npm] = (await supplyChain({ folder: folderOf(NPM), registries })).ecosystems;
        expect(npm).toMatchObject({
          maintainers: 3,
          deprecated: [{ name: "c@2.1.0", why: "use e" }],
          licences: { MIT: 4, ISC: 1 },
        });
        expect(npm?.registry).toContainEqual(
          expect.objectContaining({ name: "a", publishedOn: "2024-05-01T00:00:00.000Z", maintainers: 2 }),
        );
        const flask = folderOf({ "requirements.in": "flask", "requirements.txt": `flask==3.1.0 ${HASH}\n` });
        const [pypi] = (await supplyChain({ folder: flask, registries })).ecosystems;
        expect(pypi).toMatchObject({
          maintainers: 1,
          licences: { "BSD-3-Clause": 1 },
          deprecated: [{ name: "flask@3.1.0", why: "a mistake" }],
        });
      },
    );
  });

  it("that does not answer for one package leaves the count unknown, with the reason", async () => {
    await serving(
      (_request, response) => response.writeHead(503).end(),
      async (url) => {
        const { ecosystems } = await supplyChain({ folder: folderOf(NPM), registries: { npm: url, pypi: url } });
        expect(ecosystems[0]?.maintainers).toEqual({ notLearnt: expect.stringMatching(/did not tell of .*503/) });
        // What the lockfile tells stays.
        expect(ecosystems[0]).toMatchObject({ transitive: 2, deprecated: [{ name: "c@2.1.0" }] });
      },
    );
  });
});

describe("the bill of materials", () => {
  it("is valid CycloneDX 1.6, with the graph, and the same for the same files", async () => {
    const folder = folderOf({ ...NPM, ...PYTHON });
    const bill = billOfMaterials(folder, "jobs");
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(bill)).toBeNull();
    expect(billOfMaterials(folder, "jobs")).toBe(bill);
    const { components, dependencies, metadata } = JSON.parse(bill) as {
      components: { purl: string; licenses?: unknown }[];
      dependencies: { ref: string; dependsOn?: string[] }[];
      metadata: { component: { name: string } };
    };
    expect(metadata.component.name).toBe("jobs");
    expect(components.map(({ purl }) => purl).sort()).toEqual([
      "pkg:npm/%40s/b@2.0.0",
      ...["pkg:npm/a@1.2.0", "pkg:npm/c@1.0.1", "pkg:npm/c@2.1.0", "pkg:npm/d@3.0.0"],
      ...["pkg:pypi/anything@1.0", "pkg:pypi/click@8.0.0", "pkg:pypi/flask-cors@5.0.0", "pkg:pypi/flask@3.1.0"],
    ]);
    const needs = Object.fromEntries(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn ?? []]));
    expect(needs["npm:node_modules/a"]).toEqual(["npm:node_modules/a/node_modules/c"]);
    expect(needs["npm:node_modules/@s/b"]).toEqual(["npm:node_modules/c"]);
    expect(needs["pypi:flask"]).toEqual(["pypi:click"]);
    expect(needs["app"]).toHaveLength(6);
  });

  it("of an app without lockfile names what its manifest names, without versions", () => {
    const bill = JSON.parse(billOfMaterials(folderOf({ "package.json": NPM["package.json"] }), "jobs")) as {
      components: { name: string; version?: string }[];
    };
    expect(bill.components.map(({ name, version }) => `${name} ${version}`).sort()).toEqual(
      ["a undefined", "b undefined", "d undefined", "mine undefined"].sort(),
    );
  });
});

it("says what a step added and removed", () => {
  const before = directDependencies(folderOf({ "package.json": '{"dependencies": {"a": "1.0.0", "b": "1.0.0"}}' }));
  const after = directDependencies(folderOf({ "package.json": '{"dependencies": {"a": "2.0.0", "c": "^3.0.0"}}' }));
  expect(changesBetween(before, after)).toEqual({ added: ["npm c ^3.0.0"], removed: ["npm b 1.0.0"] });
});

it("names manifests that it does not read", async () => {
  const chain = await supplyChain({ folder: folderOf({ "go.mod": "module a\n" }) });
  expect(chain).toEqual({ formatVersion: 1, ecosystems: [], unread: ["go.mod"], steps: [] });
});
