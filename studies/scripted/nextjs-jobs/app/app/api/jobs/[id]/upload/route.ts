import { needsToken, userOf } from "@/lib/auth";

export function POST(request: Request) {
  return userOf(request) ? Response.json({ error: "Not implemented" }, { status: 501 }) : needsToken();
}
