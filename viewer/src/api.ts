import { useEffect, useState } from "preact/hooks";

export type Loaded<T> = { kind: "loading" } | { kind: "there"; value: T } | { kind: "none"; because: string };

/** Asks our server for JSON of a type that both sides take from the model. */
async function ask<T>(path: string, signal: AbortSignal): Promise<Loaded<T>> {
  try {
    const response = await fetch(path, { signal });
    if (!response.ok) return { kind: "none", because: (await response.text()).trim() };
    return { kind: "there", value: (await response.json()) as T };
  } catch {
    return { kind: "none", because: "The viewer's server does not answer. It ends with `unprompted view`." };
  }
}

/** Loads again when the path or `version` changes; null loads nothing. */
export function useLoaded<T>(path: string | null, version: unknown = 0): Loaded<T> {
  const [got, setGot] = useState<{ path: string | null; loaded: Loaded<T> }>({ path, loaded: { kind: "loading" } });
  useEffect(() => {
    if (path === null) return;
    const controller = new AbortController();
    void ask<T>(path, controller.signal).then((loaded) => {
      if (!controller.signal.aborted) setGot({ path, loaded });
    });
    return () => controller.abort();
  }, [path, version]);
  return got.path === path ? got.loaded : { kind: "loading" };
}

export const apiPath = (...parts: (string | number)[]): string =>
  `api/${parts.map((part) => encodeURIComponent(part)).join("/")}`;
