import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** Where caches live: UNPROMPTED_CACHE, else XDG_CACHE_HOME/unprompted, else ~/.cache/unprompted. */
export function cacheFolder(): string {
  const { UNPROMPTED_CACHE, XDG_CACHE_HOME } = process.env;
  return UNPROMPTED_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "unprompted");
}

/** PATH without our own node_modules: apps run on the machine's own Node (DESIGN, choice 10). */
export function machinePath(): string {
  const own = join(PROJECT, "node_modules") + sep;
  const entries = (process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(delimiter);
  const tools = join(cacheFolder(), "tools", "bin");
  // npm puts the node_modules/.bin of every parent folder, and a folder of its own, in front.
  const kept = entries.filter(
    (entry) => entry !== "" && !entry.startsWith(own) && !/node_modules\/(\.bin|npm\/|@npmcli)/.test(entry),
  );
  return [...kept, ...(existsSync(tools) ? [tools] : [])].join(delimiter);
}

/** The settings that reach installs: where registries and certificates are, and nothing that looks like a credential. */
const PASSED =
  /^(PATH|LANG|LC_\w+|TZ|SSL_CERT_\w+|NODE_EXTRA_CA_CERTS|\w*CA_BUNDLE|PIP_\w+|UV_\w+|npm_config_\w+|NPM_CONFIG_\w+|GO\w+|CARGO_\w+|RUSTUP_\w+|JAVA_HOME|MAVEN_\w+|PYENV_\w+|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY|ALL_PROXY)$/;
const CREDENTIAL =
  /(TOKEN|SECRET|PASSWORD|_AUTH|APIKEY|API_KEY|CREDENTIAL|USERCONFIG|GLOBALCONFIG|PREFIX|LOCAL_PREFIX)/i;

/** Node's headers beside the machine's own node, so that native modules compile without a download. */
function nodeHeaders(path: string): Record<string, string> {
  for (const entry of path.split(delimiter)) {
    if (!existsSync(join(entry, "node"))) continue;
    const prefix = dirname(entry);
    return existsSync(join(prefix, "include/node/node.h")) ? { npm_config_nodedir: prefix } : {};
  }
  return {};
}

/** Where rustup keeps the machine's Rust: it looks below HOME, which is another one here. */
function rustToolchain(): Record<string, string> {
  const folder = join(homedir(), ".rustup");
  return existsSync(folder) ? { RUSTUP_HOME: folder } : {};
}

/** The environment of installs and builds. Downloads go to caches that sessions share. */
export function installEnvironment(home: string): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && PASSED.test(name) && !CREDENTIAL.test(name)) out[name] = value;
  }
  const downloads = downloadFolder();
  const path = machinePath();
  return {
    ...rustToolchain(),
    ...out,
    ...nodeHeaders(path),
    PATH: path,
    HOME: home,
    CI: "1",
    npm_config_cache: join(downloads, "npm"),
    npm_config_update_notifier: "false",
    npm_config_fund: "false",
    // npm's own limit is five minutes a request: a registry that hangs would hold a whole study.
    npm_config_fetch_timeout: "60000",
    npm_config_fetch_retries: "4",
    npm_config_audit: "false",
    // Newer npm asks before it runs install scripts of dependencies; here they run inside the sandbox.
    npm_config_dangerously_allow_all_scripts: "true",
    NEXT_TELEMETRY_DISABLED: "1",
    UV_CACHE_DIR: join(downloads, "uv"),
    PIP_CACHE_DIR: join(downloads, "pip"),
    GOPATH: join(downloads, "go"),
    GOCACHE: join(downloads, "go-build"),
    GOFLAGS: "-mod=mod",
    CARGO_HOME: join(downloads, "cargo"),
    // Java takes a user's home from the list of users and not from HOME.
    MAVEN_OPTS: `${out["MAVEN_OPTS"] ?? ""} -Duser.home=${home} -Dmaven.repo.local=${join(downloads, "maven")}`.trim(),
    GRADLE_USER_HOME: join(downloads, "gradle"),
  };
}

export const downloadFolder = (): string => join(cacheFolder(), "downloads");

/** The environment of the app itself, before its settings. */
export function runEnvironment(home: string, workFolder: string, port: number): Record<string, string> {
  const path = [join(workFolder, ".venv/bin"), join(workFolder, "venv/bin"), machinePath()].join(delimiter);
  return {
    PATH: path,
    HOME: home,
    LANG: "C.UTF-8",
    TMPDIR: "/tmp",
    PORT: String(port),
    NODE_ENV: "production",
    NEXT_TELEMETRY_DISABLED: "1",
    PYTHONUNBUFFERED: "1",
    PYTHONDONTWRITEBYTECODE: "1",
    npm_config_update_notifier: "false",
    npm_config_cache: join(home, ".npm"),
  };
}
