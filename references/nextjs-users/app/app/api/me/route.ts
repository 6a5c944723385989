import { profileOf } from "@/lib/database";
import { route, unauthorized } from "@/lib/http";
import { userOfAccess } from "@/lib/tokens";

export const dynamic = "force-dynamic";

export const GET = route(async (request) => {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (!token) throw unauthorized("An access token is required");
  const userId = await userOfAccess(token);
  // Looked up each time: the token of a deleted user is worth nothing.
  const user = profileOf(userId);
  if (!user) throw unauthorized("Invalid token");
  return Response.json(user);
});
