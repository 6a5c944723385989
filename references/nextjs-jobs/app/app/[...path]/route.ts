import { HttpError, route } from "@/lib/http";

export const dynamic = "force-dynamic";

const notFound = route(() => {
  throw new HttpError(404, "Not found");
});

export { notFound as GET, notFound as HEAD, notFound as POST, notFound as PUT, notFound as PATCH, notFound as DELETE, notFound as OPTIONS };
