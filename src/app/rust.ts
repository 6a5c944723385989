import { dirname, join } from "node:path/posix";
import { parse } from "smol-toml";
import { UserError } from "../util/errors.ts";
import { readmeText, sourceTexts } from "./source.ts";

interface Manifest {
  package?: { name?: string; "default-run"?: string };
  bin?: { name?: string; path?: string }[];
}

interface Binary {
  name: string;
  /** The file of its `main`. */
  file: string;
  /** Its package says that `cargo run` means this one. */
  isDefault: boolean;
}

const SERVES =
  /\baxum::serve\b|\bHttpServer::new\b|\brocket::|#\[launch\]|\bwarp::serve\b|\bTcpListener::bind\b|\bServer::(?:bind|new)\b/;

/**
 * The binary that serves, of a Cargo package or workspace, by the rules of Cargo targets: the one that the README runs,
 * that its package runs by default, that opens a listener, or that is a package's own `src/main.rs`. Undefined when no
 * Cargo.toml names one. Throws UserError("bad-arguments") on a Cargo.toml that is not TOML.
 */
export function rustBinary(folder: string): string | undefined {
  const texts = sourceTexts(folder);
  const readme = readmeText(folder);
  const told = [...readme.matchAll(/\bcargo run\b[^\n`]*?(?:--bin|-p|--package)[ =]([\w-]+)/g)].map(([, name]) => name);
  const binaries = [...texts].flatMap(([file, text]) => (/(^|\/)Cargo\.toml$/.test(file) ? of(file, text, texts) : []));
  const rank = ({ name, file, isDefault }: Binary) => [
    told.includes(name) ? 0 : 1,
    isDefault ? 0 : 1,
    SERVES.test(texts.get(file) ?? "") ? 0 : 1,
    file.endsWith("src/main.rs") ? 0 : 1,
  ];
  return binaries.sort((a, b) => compare(rank(a), rank(b)))[0]?.name;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/** The binaries of one package: those that it lists, and those that Cargo finds by where they lie. */
function of(file: string, text: string, texts: ReadonlyMap<string, string>): Binary[] {
  let manifest: Manifest;
  try {
    manifest = parse(text);
  } catch (error) {
    throw new UserError(
      "bad-arguments",
      `${file} is not TOML: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const root = dirname(file);
  const name = manifest.package?.name;
  if (name === undefined) return [];
  const listed = (manifest.bin ?? []).flatMap((bin) =>
    bin.name ? [{ name: bin.name, file: join(root, bin.path ?? `src/bin/${bin.name}.rs`) }] : [],
  );
  const found = [...texts.keys()].flatMap((source) => {
    const inner = root === "." ? source : source.startsWith(`${root}/`) ? source.slice(root.length + 1) : "";
    if (inner === "src/main.rs") return [{ name, file: source }];
    const bin = /^src\/bin\/([\w-]+)(?:\.rs|\/main\.rs)$/.exec(inner)?.[1];
    return bin ? [{ name: bin, file: source }] : [];
  });
  const all = [...listed, ...found.filter((other) => listed.every((bin) => bin.file !== other.file))];
  return all.map((bin) => ({ ...bin, isDefault: manifest.package?.["default-run"] === bin.name }));
}
