import { z } from "zod";

/** A host that a contained program asked for through its proxy, counted by host, port and answer. */
export const HostAsked = z.object({
  host: z.string(),
  port: z.number().int(),
  /** False when it is not among the hosts allowed, or led to an address of this machine: nothing was sent there. */
  allowed: z.boolean(),
  times: z.number().int(),
  firstAt: z.string(),
});
export type HostAsked = z.infer<typeof HostAsked>;
