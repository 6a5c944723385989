/** The value that was packed into the element with this id: JSON, deflated, in base64. */
export async function unpacked(id) {
  const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return JSON.parse(await new Response(stream).text());
}

const kept = new Map();

/** The same, unpacked once and kept. */
export function unpackedOnce(id) {
  if (!kept.has(id)) kept.set(id, unpacked(id));
  return kept.get(id);
}

/** What panels show of a session beyond its figures; null when that is not in this file. */
export async function detailsOf(data, session) {
  if (session.block === null) return null;
  const block = await unpackedOnce(`details-${session.block}`);
  return block[data.sessions.indexOf(session) % data.sessionsABlock];
}

/** The verdict of a test in a session; null when it was not run there. */
export function verdictIn(data, session, test) {
  const index = data.indexOf.get(test);
  return index === undefined ? null : (data.letters[session.letters[index]] ?? null);
}
