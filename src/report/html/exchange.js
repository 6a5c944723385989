import { bytes, el } from "./dom.js";

/** Bytes as text: whole UTF-8 sequences as they are, every other byte as `\xNN`. */
export function bytesAsText(array) {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let out = "";
  for (let at = 0; at < array.length; ) {
    const first = array[at];
    const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    try {
      out += decoder.decode(array.subarray(at, at + length));
      at += length;
    } catch {
      out += `\\x${first.toString(16).padStart(2, "0")}`;
      at += 1;
    }
  }
  return out;
}

function decoded(base64) {
  try {
    return bytesAsText(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
  } catch {
    return base64;
  }
}

const shortened = (text) => JSON.stringify(text.replace(/(.)\1{15,}/g, "$1$1$1...$1$1$1"));

function bodyBlock(body) {
  if (!body) return el("p", { class: "fine" }, "No body.");
  if (body.kind === "fill") {
    return el(
      "pre",
      { class: "body" },
      body.head,
      el("span", { class: "cut" }, `${bytes(body.fillBytes)} of ${shortened(body.fillByte)}, again and again`),
      body.tail,
    );
  }
  const text = body.kind === "text" ? body.text : decoded(body.base64);
  const kept =
    body.kind === "text" ? new TextEncoder().encode(body.text).length : Math.floor((body.base64.length * 3) / 4);
  if (body.totalBytes === 0) return el("p", { class: "fine" }, "Empty body.");
  return [
    body.kind === "base64" ? el("p", { class: "fine" }, "Not plain UTF-8: such bytes are shown as \\xNN.") : null,
    el(
      "pre",
      { class: "body" },
      text,
      body.cut ? el("span", { class: "cut" }, `Cut here: ${bytes(kept)} of ${bytes(body.totalBytes)}`) : null,
    ),
  ];
}

const headerLines = (headers) =>
  headers.length
    ? el(
        "pre",
        { class: "headers" },
        headers.map(([name, value], i) => [i ? "\n" : "", el("b", {}, `${name}:`), ` ${value}`]),
      )
    : null;

const NO_ANSWER = {
  refused: "The connection was refused.",
  reset: "The connection was reset before a whole answer came.",
  timeout: "No whole answer came in time.",
  malformed: "The answer was not valid HTTP.",
  endless: "The answer did not end.",
};

function statusWord(exchange) {
  return exchange.response ? String(exchange.response.status) : (exchange.noAnswer ?? "no answer");
}

function contents({ request, response, noAnswer }) {
  return [
    el("h5", {}, "Request ", el("span", {}, `from ${request.from}${request.chunked ? ", chunked" : ""}`)),
    el("pre", { class: "line" }, `${request.method} ${request.path}`),
    headerLines(request.headers),
    bodyBlock(request.body),
    el("h5", {}, "Response"),
    response
      ? [el("pre", { class: "line" }, String(response.status)), headerLines(response.headers), bodyBlock(response.body)]
      : el("p", { class: "noanswer" }, NO_ANSWER[noAnswer] ?? "There was no answer."),
  ];
}

/** One request and its response, drawn when it is first opened. */
export function exchangeBlock(exchange, failed, open) {
  const status = statusWord(exchange);
  const inside = el("div", { class: "inside" });
  const block = el(
    "details",
    { class: ["exchange", failed && "decisive"], id: `exchange-${exchange.n}`, open },
    el(
      "summary",
      {},
      el("span", { class: "n" }, exchange.n),
      el(
        "span",
        { class: "what" },
        el("code", {}, el("b", {}, exchange.request.method), ` ${exchange.request.path}`),
        el("span", { class: "label" }, exchange.label),
      ),
      el("span", { class: ["status", exchange.response ? `s${status[0]}` : "none"] }, status),
      el("span", { class: "time" }, `${Math.round(exchange.durationMs)} ms`),
    ),
    inside,
  );
  const fill = () => {
    if (!inside.hasChildNodes()) inside.append(...contents(exchange).flat(Number.POSITIVE_INFINITY).filter(Boolean));
  };
  if (open) fill();
  block.addEventListener("toggle", () => block.open && fill());
  return block;
}
