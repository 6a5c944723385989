/** Bytes as text: whole UTF-8 sequences as they are, every other byte as `\xNN`. */
export function bytesAsText(array: Uint8Array): string {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let out = "";
  for (let at = 0; at < array.length; ) {
    const first = array[at] ?? 0;
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
