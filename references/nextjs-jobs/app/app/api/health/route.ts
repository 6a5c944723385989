import { route } from "@/lib/http";

export { OPTIONS } from "@/lib/http";
export const dynamic = "force-dynamic";

export const GET = route(() => Response.json({ status: "ok" }));
