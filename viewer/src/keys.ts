/** Elements that j and k go through, in the order of the page. A part that moves by itself takes the keys first. */
export const STOP = "[data-stop]";

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** The keys of every page: j and k through lists, / for search, ? for help, u to go up. Returns what ends it. */
export function listKeys({ search, help }: { search: () => void; help: () => void }): () => void {
  const pressed = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    switch (event.key) {
      case "/":
        event.preventDefault();
        search();
        break;
      case "?":
        event.preventDefault();
        help();
        break;
      case "j":
        step(1);
        break;
      case "k":
        step(-1);
        break;
      case "u": {
        const up = document.querySelector<HTMLAnchorElement>("[data-up]");
        if (up) location.hash = new URL(up.href).hash;
      }
    }
  };
  addEventListener("keydown", pressed);
  return () => removeEventListener("keydown", pressed);
}

function step(by: 1 | -1): void {
  const stops = [...document.querySelectorAll<HTMLElement>(STOP)].filter((element) => element.checkVisibility());
  const at = stops.indexOf(document.activeElement as HTMLElement);
  const next = at < 0 ? (by > 0 ? 0 : stops.length - 1) : Math.min(stops.length - 1, Math.max(0, at + by));
  stops[next]?.focus();
  stops[next]?.scrollIntoView({ block: "nearest" });
}
