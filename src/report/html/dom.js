import { segments } from "./visible.js";

/** Text nodes for a string, with a marked span for each character that could not be seen. */
export function said(text) {
  const fragment = document.createDocumentFragment();
  for (const segment of segments(String(text))) {
    if (segment.mark) {
      const mark = document.createElement("span");
      mark.className = "unseen";
      mark.title = `${segment.code}, a character that cannot be seen`;
      mark.textContent = segment.text;
      fragment.append(mark);
    } else {
      fragment.append(document.createTextNode(segment.text));
    }
  }
  return fragment;
}

/**
 * An element. `props` are attributes; `class` takes a list, `on` holds listeners, null and false leave one out.
 * Children that are strings or numbers become text, whatever is in them.
 */
export function el(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === "class") element.className = [value].flat().filter(Boolean).join(" ");
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Number.POSITIVE_INFINITY)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : said(child));
  }
  return element;
}

/** How a name stands in an address; an unpaired surrogate cannot, and becomes U+FFFD. */
export const encoded = (name) => encodeURIComponent(name.toWellFormed());

export const routeTo = (session, test) =>
  `#/session/${encoded(session)}${test === undefined ? "" : `/${encoded(test)}`}`;

export const plural = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

const NUMBER = new Intl.NumberFormat("en");
export const bytes = (n) => plural(NUMBER.format(n), "byte", "bytes").replace(/^1 bytes$/, "1 byte");

export const percent = (tally) => (tally && tally.percent !== null ? `${tally.percent}\u00a0%` : "not measured");

export function seconds(value) {
  if (value === null || value === undefined) return "unknown";
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 60) return `${Math.round(value * 10) / 10} s`;
  const whole = Math.round(value);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** Terms and what they are; rows whose value is null are left out. */
export function facts(rows) {
  const shown = rows.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el(
    "dl",
    { class: "facts" },
    shown.map(([term, value]) => el("div", {}, el("dt", {}, term), el("dd", {}, value))),
  );
}

/** A table in a box of its own that scrolls sideways, so that the page never does. */
export function scrollTable(label, head, rows, className) {
  const headRow = el(
    "tr",
    {},
    head.map((cell) => el("th", { scope: "col", class: cell.class }, cell.text ?? cell)),
  );
  return el(
    "div",
    { class: "scroll", role: "region", "aria-label": label, tabindex: "0" },
    el("table", { class: className }, el("thead", {}, headRow), el("tbody", {}, rows)),
  );
}

export const KINDS = ["defended", "exploited", "broken", "inconclusive", "not-applicable"];
