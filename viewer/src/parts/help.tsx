import { Dialog } from "./dialog.tsx";

const KEYS = [
  ["/", "search for a test, a session or a page"],
  ["j k", "the next and the previous entry of a list; down and up in the matrix"],
  ["h l, arrows", "left and right in the matrix"],
  ["Enter", "open what has the focus"],
  ["u", "up: from a verdict to its session, from a session to the overview"],
  ["?", "this"],
] as const;

export function Help({ close }: { close: () => void }) {
  return (
    <Dialog label="Keys" close={close}>
      <h2>Keys</h2>
      <dl class="keys">
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={close}>
        Close
      </button>
    </Dialog>
  );
}
