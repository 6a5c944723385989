/** One route of an app. Parameters are `{}` or as the app spells them. */
export interface Route {
  method: string;
  path: string;
  /** It is mounted under something that is not known: the path is what it ends with. */
  ending?: boolean;
}

const METHODS = "get|post|put|patch|delete";
const DECLARED = new RegExp(`\\b(\\w+)\\.(${METHODS})\\(\\s*(["'\`])(/[^"'\`$]*)\\3`, "g");
/** A file that serves: it takes something from a framework for that. What calls a server looks much the same. */
const SERVES =
  /(?:from|require\(|import\()\s*["'](?:express|fastify|hono|koa|@koa\/router|koa-router|polka|restify)\b|^\s*(?:from|import)\s+(?:fastapi|flask|starlette|litestar|sanic|quart)\b|\bfastify\.(?:get|post)\(/m;
const RECEIVER = /^(?:server|web|\w*(?:app|api|router|routes?|fastify|blueprint))$/i;
const MADE =
  /\b(\w+)\s*(?::\s*[\w.]+\s*)?=\s*(?:await\s+)?(?:new\s+)?(?:express\.)?(?:express|Router|fastify|Hono|Koa|FastAPI|APIRouter|Flask|Blueprint|Starlette)\(/gi;
const WHOLE_APP = /^(?:app|server|fastify|application)$/i;
const CLIENT =
  /\b(\w+)\s*=\s*(?:await\s+)?(?:axios\.create|supertest|request|requests\.Session|httpx\.\w+|TestClient)\(/g;
const MOUNTED = /\.(?:use|route|register|mount)\(\s*["'`]\/\w|\bprefix\s*[:=]\s*["'`]\/|\burl_prefix\s*=|\bbasePath\(/;
/** What documents an API, or serves files, is no route of it. */
const NO_ROUTE =
  /^\/?$|^\/(?:docs|redoc|swagger|api-docs|documentation|static|public|assets)\b|openapi|favicon|[*()\\]/;

/** Routes that source declares by calls: `app.get("/users", …)`, `@router.post("/login")`. */
export function routesInSource(sources: ReadonlyMap<string, string>): Route[] {
  const mounts = [...sources.values()].some((text) => MOUNTED.test(text));
  return [...sources].flatMap(([file, raw]) => {
    if (!/\.(?:py|[cm]?[jt]sx?)$/.test(file) || !SERVES.test(raw)) return [];
    const text = raw.replace(/^\s*(?:\/\/|#|\*).*$/gm, "");
    const clients = new Set([...text.matchAll(CLIENT)].map(([, name]) => name));
    const made = new Set([...text.matchAll(MADE)].map(([, name]) => name));
    return [...text.matchAll(DECLARED)].flatMap(([, on = "", method = "", , path = ""]): Route[] =>
      (RECEIVER.test(on) || made.has(on)) && !clients.has(on)
        ? [{ method: method.toUpperCase(), path, ...(mounts && !WHOLE_APP.test(on) ? { ending: true } : {}) }]
        : [],
    );
  });
}

const PARAMETER = /^(?:\{.*\}|:.+|\[.*\]|<.*>|\$.+)$/;
const plain = (path: string) => (path.split("?")[0] ?? path).replace(/(?<=.)\/$/, "");
const key = ({ method, path }: Route) =>
  `${method} ${plain(path)
    .split("/")
    .map((part) => (PARAMETER.test(part) ? "{}" : part))
    .join("/")}`;

/** Every route once, those whose whole path is known first; what is no route of an API is left out. */
export function distinctRoutes(routes: readonly Route[]): Route[] {
  const out = new Map<string, Route>();
  const usual = routes
    .map((route) => ({ ...route, method: route.method.toUpperCase(), path: plain(route.path) }))
    .filter(({ method, path }) => new RegExp(`^(?:${METHODS})$`, "i").test(method) && !NO_ROUTE.test(path));
  for (const route of usual) if (!route.ending && !out.has(key(route))) out.set(key(route), route);
  for (const route of usual) {
    const [, path = ""] = key(route).split(" ");
    const known = [...out.keys()].some((one) => one.startsWith(`${route.method} `) && one.endsWith(path));
    if (route.ending && !known) out.set(key(route), route);
  }
  return [...out.values()];
}

/** Whether a path that a text names is this route. `others` tell a value of its parameter from a route of its own. */
export function isPathOf(named: string, route: Route, others: readonly Route[]): boolean {
  const theirs = plain(named).split("/").slice(1);
  const ours = route.path.split("/").slice(1);
  if (route.ending ? theirs.length < ours.length : theirs.length !== ours.length) return false;
  const tail = theirs.slice(theirs.length - ours.length);
  const literal = others.some((one) => one !== route && plain(named) === one.path);
  return ours.every((part, i) => {
    const word = tail[i] ?? "";
    // An example gives a parameter a value, such as 7.
    return PARAMETER.test(part) ? PARAMETER.test(word) || (!literal && /\d/.test(word)) : part === word;
  });
}
