export { register as POST } from "@/lib/auth";
export const dynamic = "force-dynamic";
