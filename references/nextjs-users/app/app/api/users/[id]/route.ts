import { profileOf } from "@/lib/database";
import { HttpError, route } from "@/lib/http";

export const dynamic = "force-dynamic";

export const GET = route((_request, { id }) => {
  const user = profileOf(Number(id));
  if (!user) throw new HttpError(404, "User not found");
  return Response.json(user);
});
