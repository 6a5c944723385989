/** One line of `transcript.ndjson` as far as the page shows it. */
export interface Line {
  atMs: number | null;
  event: { type: string; [key: string]: unknown };
}

/** What is drawn: words of the agent by themselves, tool calls in a row as one fold. */
export type Part =
  | { kind: "words"; atMs: number | null; text: string }
  | { kind: "note"; atMs: number | null; what: string; text: string }
  | { kind: "calls"; atMs: number | null; calls: Call[] };

export interface Call {
  atMs: number | null;
  kind: string;
  tool: string;
  subject: string;
  ok: boolean | null;
}

const text = (value: unknown): string =>
  typeof value === "string" ? value : value == null ? "" : JSON.stringify(value);

/** Lines that are no JSON, or of an unknown kind, are shown as they are. */
export function partsOf(ndjson: string): Part[] {
  const parts: Part[] = [];
  const calls = new Map<string, Call>();
  for (const line of ndjson.split("\n")) {
    if (line.trim() === "") continue;
    const { atMs, event } = read(line);
    switch (event.type) {
      case "message":
        parts.push({ kind: "words", atMs, text: text(event["text"]) });
        break;
      case "tool-call": {
        const call: Call = {
          atMs,
          kind: text(event["kind"]) || "other",
          tool: text(event["tool"]),
          subject: text(event["subject"]),
          ok: null,
        };
        calls.set(text(event["id"]), call);
        const last = parts.at(-1);
        if (last?.kind === "calls") last.calls.push(call);
        else parts.push({ kind: "calls", atMs, calls: [call] });
        break;
      }
      case "tool-result": {
        const call = calls.get(text(event["id"]));
        if (call && typeof event["ok"] === "boolean") call.ok = event["ok"];
        break;
      }
      case "turn":
      case "usage":
        break;
      case "asked":
        parts.push({
          kind: "note",
          atMs,
          what: `asked for a ${text(event["what"])}`,
          text: `${text(event["subject"])} → ${text(event["answer"])}`,
        });
        break;
      case "trouble":
        parts.push({ kind: "note", atMs, what: "trouble", text: text(event["text"]) });
        break;
      case "started":
        parts.push({
          kind: "note",
          atMs,
          what: "started",
          text: [event["version"], event["model"]].filter(Boolean).map(text).join(", "),
        });
        break;
      case "ended":
        parts.push({ kind: "note", atMs, what: `ended: ${text(event["outcome"])}`, text: text(event["reason"]) });
        break;
      default:
        parts.push({ kind: "note", atMs, what: event.type, text: text(event["text"] ?? event["name"]) });
    }
  }
  return parts;
}

function read(line: string): Line {
  try {
    const value: unknown = JSON.parse(line);
    if (value !== null && typeof value === "object" && "event" in value) {
      const { event, atMs } = value as { event: unknown; atMs?: unknown };
      if (event !== null && typeof event === "object" && "type" in event && typeof event.type === "string")
        return { atMs: typeof atMs === "number" ? atMs : null, event: event as Line["event"] };
    }
  } catch {
    // Shown as it is.
  }
  return { atMs: null, event: { type: "unread line", text: line } };
}
