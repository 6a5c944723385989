import { z } from "zod";
import { profileOf } from "@/lib/database";
import { clientAddress, readBody, route, tokensAnswer, unauthorized } from "@/lib/http";
import { Throttle } from "@/lib/throttle";
import { redeemRefresh } from "@/lib/tokens";

export const dynamic = "force-dynamic";

const refreshRequest = z.object({ refresh_token: z.string().min(1).max(4096) });
const throttle = new Throttle();

export const POST = route(async (request) => {
  throttle.hit(clientAddress(request), 60);
  const { refresh_token } = await readBody(request, refreshRequest);
  const { userId, family } = await redeemRefresh(refresh_token);
  if (!profileOf(userId)) throw unauthorized("Invalid token");
  return await tokensAnswer(userId, family);
});
