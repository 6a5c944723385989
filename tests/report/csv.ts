/** A strict reading of RFC 4180, so that a wrong quote shows. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  const field = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/y;
  while (field.lastIndex < text.length) {
    const at = field.lastIndex;
    const match = field.exec(text);
    if (!match) throw new Error(`Not RFC 4180 at ${at}: ${JSON.stringify(text.slice(at, at + 60))}`);
    const raw = match[1] ?? "";
    rows.at(-1)?.push(raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw);
    if (match[2] === "\r\n") rows.push([]);
  }
  rows.pop();
  return rows;
}
