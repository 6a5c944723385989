/** Keeps the last `limit` bytes of a stream that may never end, and counts all of them. */
export class Tail {
  totalBytes = 0;
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #kept = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(chunk: Buffer): void {
    this.totalBytes += chunk.length;
    this.#chunks.push(chunk.length > this.#limit ? chunk.subarray(chunk.length - this.#limit) : chunk);
    this.#kept += Math.min(chunk.length, this.#limit);
    while (this.#kept - (this.#chunks[0]?.length ?? 0) >= this.#limit) this.#kept -= this.#chunks.shift()?.length ?? 0;
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}
