/** What an app's source and its OpenAPI document let us guess before we ask. Guesses only order the probing. */
export interface Hints {
  /** Path prefixes to try, most likely first. */
  prefixes: string[];
  /** Whole paths that the app declares, by method in lower case; parameters as `{}`. */
  routes: { method: string; path: string }[];
  uploadFields: string[];
  /** Words that the source compares a job's status with. */
  words: Set<string>;
  source: "openapi" | "route files" | "none";
}

const STRING = /["'`]((?:\/[\w{}:<>[\]().$*-]*)+)["'`]/g;

const UPLOAD_FIELDS = [
  /(\w+)\s*:\s*(?:Annotated\[\s*)?(?:Optional\[\s*)?UploadFile/g,
  /\.single\(\s*["'](\w+)["']/g,
  /formData(?:\(\))?\)?\s*\.get\(\s*["'](\w+)["']/g,
  /form(?:_?data)?\.get\(\s*["'](\w+)["']/gi,
  /request\.files(?:\.get\(|\[)\s*["'](\w+)["']/g,
  /FILES(?:\.get\(|\[)\s*["'](\w+)["']/g,
  /FormFile\(\s*"(\w+)"/g,
  /(?:field(?:name)?|fieldname|name)\s*[!=]==?\s*["'](\w+)["']/gi,
  /@RequestP(?:art|aram)\(\s*(?:value\s*=\s*)?"(\w+)"/g,
  /@UploadedFile\(|FileInterceptor\(\s*["'](\w+)["']/g,
];

/** Reads routes and names from source: decorators, router calls, Next.js file routes. */
export function hintsFromSource(sources: ReadonlyMap<string, string>): Hints {
  const prefixes = new Set<string>();
  const routes: Hints["routes"] = [];
  const uploadFields = new Set<string>();
  const words = new Set<string>();
  for (const [file, text] of sources) {
    const next = /^(?:src\/)?(?:app|pages)\/(.*?)(?:\/route)?\.[jt]sx?$/.exec(file);
    if (next?.[1] && /(^|\/)route\.[jt]sx?$|pages\/api\//.test(file)) {
      const path = `/${next[1]}`.replace(/\/\([^)]*\)/g, "").replace(/\[(\.\.\.)?[^\]]+\]/g, "{}");
      for (const match of text.matchAll(/export\s+(?:async\s+)?(?:function|const)\s+(GET|POST|PUT|PATCH|DELETE)\b/g)) {
        routes.push({ method: (match[1] ?? "").toLowerCase(), path });
      }
    }
    for (const match of text.matchAll(STRING)) {
      const literal = (match[1] ?? "").replace(/\/$/, "");
      if (/^(\/[\w-]+){1,3}$/.test(literal)) prefixes.add(literal);
    }
    for (const shape of UPLOAD_FIELDS)
      for (const match of text.matchAll(shape)) if (match[1]) uploadFields.add(match[1]);
    for (const match of text.matchAll(/["']([a-z][a-z_]{2,20})["']/g)) if (match[1]) words.add(match[1]);
  }
  return {
    prefixes: [...prefixes].sort(),
    routes,
    uploadFields: [...uploadFields],
    words,
    source: routes.length > 0 || prefixes.size > 0 ? "route files" : "none",
  };
}

interface OpenApi {
  paths?: Record<string, Record<string, unknown>>;
}

/** Adds what an OpenAPI document declares. */
export function hintsFromOpenApi(document: unknown, hints: Hints): Hints {
  const paths = (document as OpenApi | undefined)?.paths;
  if (!paths || typeof paths !== "object") return hints;
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods ?? {}).map((method) => ({
      method: method.toLowerCase(),
      path: path.replace(/\{[^}]*\}/g, "{}"),
    })),
  );
  return { ...hints, routes: [...routes, ...hints.routes], source: "openapi" };
}

/**
 * Candidate paths for an operation, most likely first: routes that the app declares and that end as the operation does,
 * then each prefix with each ending. Endings and results use `{}` for a parameter.
 */
export function candidatePaths(
  hints: Hints,
  method: string,
  prefixes: readonly string[],
  endings: readonly string[],
): string[] {
  const plain = (path: string) => path.replace(/\/$/, "");
  const declared = hints.routes
    .filter(
      (route) => route.method === method.toLowerCase() && endings.some((ending) => plain(route.path).endsWith(ending)),
    )
    .map((route) => route.path);
  const rank = (path: string) => endings.findIndex((ending) => plain(path).endsWith(ending));
  declared.sort((a, b) => rank(a) - rank(b) || a.length - b.length);
  const made = endings.flatMap((ending) => prefixes.map((prefix) => `${prefix}${ending}`));
  // A route that the source writes out whole.
  const whole = endings.flatMap((ending) => hints.prefixes.filter((literal) => literal.endsWith(ending)));
  const order =
    hints.source === "openapi"
      ? [...declared, ...whole, ...made]
      : [...made.slice(0, 2), ...declared, ...whole, ...made];
  return [...new Set(order)];
}
