export type Job = { id: number; owner: number; name: string; description: string; status: string; created_at: string };
const kept = globalThis as { jobs?: Map<number, Job>; next?: number };
export const jobs = (kept.jobs ??= new Map<number, Job>());
export const nextId = () => (kept.next = (kept.next ?? 0) + 1);
