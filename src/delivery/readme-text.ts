import { isPathOf, type Route } from "./routes.ts";

interface Mention {
  line: number;
  path: string;
  /** Methods that are named with it; empty where none is, which is how one speaks of GET. */
  methods: ReadonlySet<string>;
}

const PART = String.raw`(?:[\w.~@-]+|\{[^}\s]*\}|:\w+|\[[^\]\s]*\]|<[^>\s]*>|\$\w+|\$\{\w+\})`;
const PATH = new RegExp(String.raw`(?<![\w/.:~<-])\/${PART}(?:\/${PART})*`, "g");
const HOSTS = [
  /\bhttps?:\/\/[^\s/"'`)]+/g,
  /\b(?:localhost|[\w-]+(?:\.[\w-]+)*):\d+(?=\/)/g,
  /(?<=^|\s):\d+(?=\/)/g,
  /(?<=^|[\s"'`])(?:\$\{?\w+\}?|\{\{?\w+\}?\})(?=\/)/g,
];
const METHOD = "GET|POST|PUT|PATCH|DELETE";
/** Methods right before a path: "POST /login", "GET or PUT `/me`", "| DELETE | `/x`". */
const BEFORE = new RegExp(String.raw`\b((?:${METHOD})(?:\s*(?:[/,|]|and|or)\s*(?:${METHOD}))*)[\s|\`*_"':()[\]]*$`);
const LIKE_WORD = /\b(?:as|like|same|see|equals?)\b/i;
/** Words right before a path by which one route is likened to another. */
const LIKE =
  /\b(?:as|like|same|see|equals?)\b(?:\s+(?:as|for|in|of|with|from|by|at|to|the|one))*[\s`"'(]*(?:(?:GET|POST|PUT|PATCH|DELETE)\s+)?$/i;
const HEADING = /^(#+)\s/;
/** A passage about a route is no longer than this. */
const PASSAGE = 30;

/** A README, read for what it says of routes: where each is named, and the text that is about it. */
export class ReadmeText {
  readonly #lines: string[];
  readonly #mentions: Mention[] = [];
  /** What stands in passages about no route. */
  readonly #loose: string;

  constructor(markdown: string) {
    this.#lines = markdown.replace(/\\\n\s*/g, " ").split("\n");
    for (const [line, text] of this.#lines.entries()) this.#mentions.push(...this.#mentionsIn(text, line));
    const about = new Set(this.#mentions.flatMap((mention) => this.#linesAbout(mention)));
    this.#loose = inCode(this.#lines.filter((_, line) => !about.has(line)).join("\n"));
  }

  /** Whether a route is named, with its method; GET may go unsaid. */
  names(route: Route, others: readonly Route[]): boolean {
    return this.#of(route, others).some(({ methods }) =>
      methods.size === 0 ? route.method === "GET" : methods.has(route.method),
    );
  }

  /** Whether a word stands in what is about a route, or in code that is about none. */
  tells(word: string | RegExp, route: Route, others: readonly Route[]): boolean {
    const shape =
      typeof word === "string" ? new RegExp(`(?<![\\w$-])${word.replace(/[^\w]/g, "\\$&")}(?![\\w-])`) : word;
    const about = this.#of(route, others).flatMap((mention) => this.#linesAbout(mention));
    const like = about.flatMap((line) => this.#likenedIn(line)).flatMap((mention) => this.#linesAbout(mention));
    return shape.test([...about, ...like].map((line) => this.#lines[line]).join("\n")) || shape.test(this.#loose);
  }

  #of(route: Route, others: readonly Route[]): Mention[] {
    // "All routes are under /api": such a prefix need not be repeated.
    const bases = this.#mentions.map(({ path }) => path).filter((path) => route.path.startsWith(`${path}/`));
    const paths = [route, ...bases.map((base) => ({ ...route, path: route.path.slice(base.length) }))];
    return this.#mentions.filter(({ path }) => paths.some((one) => isPathOf(path, one, others)));
  }

  /** Where the routes are told of that a line likens its own to: "200 as for `/login`", "same as POST /login". */
  #likenedIn(line: number): Mention[] {
    const text = this.#lines[line] ?? "";
    const named = this.#mentions.filter(
      (one) => one.line === line && LIKE.test(text.slice(0, text.indexOf(one.path, text.search(LIKE_WORD)))),
    );
    return this.#mentions.filter(({ path, line: at }) => at !== line && named.some((one) => one.path === path));
  }

  #mentionsIn(raw: string, line: number): Mention[] {
    let text = raw.replace(/(\/[\w/{}:.-]+)\[(\/[^\]\s]+)\]/g, "$1 $1$2");
    for (const host of HOSTS) text = text.replace(host, " ");
    const found = [...text.matchAll(PATH)];
    return found.map((match, i) => {
      const before = text.slice(0, match.index);
      const direct = BEFORE.exec(before)?.[1];
      // The words that are nearer to this path than to its neighbours.
      const near = text.slice(
        (found[i - 1]?.index ?? 0) + (found[i - 1]?.[0].length ?? 0),
        found[i + 1]?.index ?? text.length,
      );
      const next = this.#lines.slice(line + 1, line + 5);
      const end = next.findIndex((one) => one.match(PATH) !== null || /^\s*\|/.test(one));
      const behind = found.length === 1 ? next.slice(0, end < 0 ? next.length : end).join("\n") : "";
      const methods = direct ? methodsIn(direct) : methodsIn(near).size > 0 ? methodsIn(near) : methodsIn(behind);
      return { line, path: match[0].replace(/[.~]+$/, ""), methods };
    });
  }

  #linesAbout({ line, path }: Mention): number[] {
    const own = HEADING.exec(this.#lines[line] ?? "")?.[1]?.length;
    const isOther = (at: number) => this.#mentions.some((one) => one.line === at && one.path !== path);
    const ends = (at: number) => {
      const level = HEADING.exec(this.#lines[at] ?? "")?.[1]?.length;
      return isOther(at) || (level !== undefined && (own === undefined || level <= own));
    };
    const out = [line];
    for (let at = line + 1; at < this.#lines.length && at - line < PASSAGE && !ends(at); at++) out.push(at);
    // The sentence may have begun on the lines before.
    for (let at = line - 1; at >= 0 && line - at < 4; at--) {
      if (!/^\s*[^\s#|`]/.test(this.#lines[at] ?? "") || this.#mentions.some((one) => one.line === at)) break;
      out.push(at);
    }
    return out;
  }
}

/** Methods that words speak of: by name, as calls of clients in several languages, or as curl's options. */
function methodsIn(text: string): Set<string> {
  const out = new Set<string>();
  for (const [, name = ""] of text.matchAll(new RegExp(`\\b(${METHOD})\\b`, "g"))) out.add(name);
  for (const [, name = ""] of text.matchAll(/\.(get|post|put|patch|delete)\(/g)) out.add(name.toUpperCase());
  for (const [, name = ""] of text.matchAll(/\bmethod\s*[:=]\s*["'](\w+)/g)) out.add(name.toUpperCase());
  for (const [, name = ""] of text.matchAll(/\b(get|post|put|patch|delete)\b[^.]{0,20}\brequest/gi))
    out.add(name.toUpperCase());
  if (out.size === 0 && /\bcurl\b/.test(text)) {
    if (/\s(?:-d|--data\S*|-F|--form|--json)\b/.test(text)) out.add("POST");
  } else if (out.size === 0 && /\bhttps?\s+\S*.*\s\w+:?=\S/.test(text)) out.add("POST");
  return out;
}

/** What stands in fences, between backticks or quotes, or in tables. */
function inCode(markdown: string): string {
  const out: string[] = [];
  const prose = markdown.replace(/^(```|~~~)[^\n]*\n([\s\S]*?)^\1/gm, (_, __, code: string) => {
    out.push(code);
    return "";
  });
  for (const match of prose.matchAll(/`([^`\n]+)`|"(\w+)"|^\s*(\|.*\|)\s*$/gm))
    out.push(match[1] ?? match[2] ?? match[3] ?? "");
  return out.join("\n");
}
