/** What all promises come to, in their order. Waits for all also when one fails, so that nothing is left running. */
export async function together<T extends readonly Promise<unknown>[] | []>(
  promises: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}
