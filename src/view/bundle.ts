import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { reasonOf, UserError } from "../util/errors.ts";

/** What the browser app is made of, relative to the product's folder. */
const SOURCES = ["viewer", "src/model", "src/stats", "src/report/html/visible.js", "package-lock.json"];

/**
 * The folder of the built browser app, built first when its sources have changed since (two seconds, without any
 * network). A published package brings it built and has no sources to compare with. Throws UserError when it can neither
 * be found nor built.
 */
export async function builtApp(product: string): Promise<string> {
  const root = join(product, "viewer");
  const dist = join(root, "dist");
  if (!existsSync(join(root, "vite.config.ts"))) {
    const [published] = existsSync(dist) ? readdirSync(dist) : [];
    if (published !== undefined) return join(dist, published);
    throw cannot(product, "neither its sources nor a built one are in the package");
  }
  const stamp = stampOf(product);
  const folder = join(dist, stamp);
  if (existsSync(folder)) return folder;
  process.stderr.write("Builds the viewer, once.\n");
  const fresh = join(dist, `.building-${process.pid}`);
  try {
    const { build } = await import("vite");
    await build({ root, configFile: join(root, "vite.config.ts"), logLevel: "error", build: { outDir: fresh } });
    for (const old of readdirSync(dist))
      if (!old.startsWith(".") && old !== stamp) rmSync(join(dist, old), { recursive: true, force: true });
    // Whoever else built the same meanwhile has made the same.
    if (!existsSync(folder)) renameSync(fresh, folder);
  } catch (error) {
    if (!existsSync(folder)) throw cannot(product, reasonOf(error));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}

const cannot = (product: string, why: string): UserError =>
  new UserError(
    "missing-toolchain",
    `The viewer could not be built: ${why}`,
    `Run \`npm install\` in ${product}, which brings Vite. \`unprompted report\` writes the same results as one HTML file without it.`,
  );

function stampOf(product: string): string {
  const hash = createHash("sha256");
  for (const source of SOURCES) {
    const path = join(product, source);
    const files = source.includes(".")
      ? [path]
      : readdirSync(path, { withFileTypes: true, recursive: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name))
          .filter((file) => !file.startsWith(join(path, "dist")))
          .sort();
    for (const file of files)
      hash.update(file.slice(product.length)).update("\0").update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}
