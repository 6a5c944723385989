import { z } from "zod";
import { requireUser } from "@/lib/auth";
import { db } from "@/lib/database";
import { route, validate } from "@/lib/http";
import { STATUSES, jobJson, type JobRow } from "@/lib/jobs";

export { OPTIONS } from "@/lib/http";
export const dynamic = "force-dynamic";

const wholeNumber = (max: number) => z.string().regex(/^\d{1,9}$/, "must be a whole number").transform(Number).pipe(z.number().min(1).max(max));

const query = z.object({
  q: z.string().max(200).default(""),
  status: z.enum(STATUSES).optional(),
  sort: z.enum(["name", "created_at"]).default("created_at"),
  order: z.enum(["asc", "desc"]).default("desc"),
  page: wholeNumber(1_000_000).default(1),
  per_page: wholeNumber(100).default(20),
});

// Identifiers cannot be bound as parameters, so the words of the query only choose among these.
const ORDER_BY = {
  name: { asc: "name ASC, id ASC", desc: "name DESC, id DESC" },
  created_at: { asc: "created_at ASC, id ASC", desc: "created_at DESC, id DESC" },
};

export const GET = route(async (request) => {
  const user = await requireUser(request);
  const given = [...new URL(request.url).searchParams].filter(([, value]) => value !== "");
  const { q, status, sort, order, page, per_page } = validate(Object.fromEntries(given), query);

  const match = `FROM jobs WHERE owner_id = @owner AND (@status IS NULL OR status = @status)
    AND (name LIKE @text ESCAPE '\\' OR description LIKE @text ESCAPE '\\')`;
  const filter = { owner: user.id, status: status ?? null, text: `%${q.replace(/[\\%_]/g, "\\$&")}%` };
  const total = db().prepare(`SELECT count(*) ${match}`).pluck().get(filter) as number;
  const jobs = db()
    .prepare(`SELECT * ${match} ORDER BY ${ORDER_BY[sort][order]} LIMIT @limit OFFSET @offset`)
    .all({ ...filter, limit: per_page, offset: (page - 1) * per_page }) as JobRow[];
  return Response.json({ jobs: jobs.map(jobJson), total, page, per_page });
});
