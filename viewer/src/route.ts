import { useEffect, useState } from "preact/hooks";

/** Where the reader is: everything that is shown, filters too, follows from the address. */
export interface Route {
  /** As it stands in the address. */
  hash: string;
  /** Decoded parts of the path; none is the overview. */
  path: string[];
  params: URLSearchParams;
}

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { hash, path: path.split("/").filter(Boolean).map(decoded), params: new URLSearchParams(query) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

type Params = Readonly<Record<string, string | number | null | undefined>>;

/** The address of a page. Parameters that are null, undefined or empty are left out. */
export function href(path: readonly string[], params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params))
    if (value !== null && value !== undefined && value !== "") query.set(key, String(value));
  const text = query.toString();
  return `#/${path.map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`;
}

/** Changes parameters of the present page; the others stay. Does not fill the history. */
export function setParams(changes: Params): void {
  const { path, params } = parseRoute(location.hash);
  history.replaceState(null, "", href(path, { ...Object.fromEntries(params), ...changes }));
  dispatchEvent(new HashChangeEvent("hashchange"));
}

export function go(address: string): void {
  location.hash = address;
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const changed = () => setRoute(parseRoute(location.hash));
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return route;
}
