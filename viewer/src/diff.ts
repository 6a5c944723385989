export interface DiffLine {
  kind: "same" | "added" | "removed" | "hunk" | "note";
  text: string;
  /** Line numbers before and after; null where there is none. */
  from: number | null;
  to: number | null;
}

export interface DiffFile {
  path: string;
  status: "changed" | "new" | "removed" | "renamed";
  added: number;
  removed: number;
  lines: DiffLine[];
}

/** Reads what `git diff` writes. Lines that it does not know are kept as notes: nothing is lost. */
export function parseDiff(text: string): DiffFile[] {
  const files: DiffFile[] = [];
  let from = 0;
  let to = 0;
  let leftFrom = 0;
  let leftTo = 0;
  for (const line of text.replace(/\n$/, "").split("\n")) {
    const file = files.at(-1);
    if (leftFrom > 0 || leftTo > 0) {
      if (!file) continue;
      const mark = line[0];
      if (mark === "+") {
        file.lines.push({ kind: "added", text: line.slice(1), from: null, to: to++ });
        file.added++;
        leftTo--;
      } else if (mark === "-") {
        file.lines.push({ kind: "removed", text: line.slice(1), from: from++, to: null });
        file.removed++;
        leftFrom--;
      } else if (mark === "\\") {
        file.lines.push({ kind: "note", text: line.slice(2), from: null, to: null });
      } else {
        file.lines.push({ kind: "same", text: line.slice(1), from: from++, to: to++ });
        leftFrom--;
        leftTo--;
      }
      continue;
    }
    if (line.startsWith("diff --git ")) {
      files.push({ path: pathIn(line), status: "changed", added: 0, removed: 0, lines: [] });
      continue;
    }
    if (!file) continue;
    const hunk = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)$/.exec(line);
    if (hunk) {
      from = Number(hunk[1]);
      to = Number(hunk[3]);
      leftFrom = Number(hunk[2] ?? 1);
      leftTo = Number(hunk[4] ?? 1);
      file.lines.push({ kind: "hunk", text: line, from: null, to: null });
    } else if (line.startsWith("new file")) file.status = "new";
    else if (line.startsWith("deleted file")) file.status = "removed";
    else if (line.startsWith("rename to ")) {
      file.status = "renamed";
      file.path = line.slice("rename to ".length);
    } else if (line.startsWith("+++ b/")) file.path = line.slice("+++ b/".length);
    else if (!/^(--- |\+\+\+ |index |old mode|new mode|similarity|rename from)/.test(line))
      file.lines.push({ kind: "note", text: line.replace(/^\\ /, ""), from: null, to: null });
  }
  return files;
}

/** `diff --git a/x b/x`; git quotes names with unusual bytes. */
function pathIn(line: string): string {
  const rest = line.slice("diff --git ".length);
  const half = (rest.length - 1) / 2;
  const [a, b] = [rest.slice(0, half), rest.slice(half + 1)];
  return a.slice(2) === b.slice(2) ? b.slice(2) : rest;
}
