import { inflateRawSync } from "node:zlib";

/** What `index.html` carries, unpacked as the page does it. */
export function embedded(html: string) {
  const raw = (id: string) =>
    new RegExp(`<script type="application/octet-stream" id="${id}">([^<]*)</script>`).exec(html)?.[1];
  const json = (id: string) => {
    const packed = raw(id);
    return packed === undefined ? null : JSON.parse(inflateRawSync(Buffer.from(packed, "base64")).toString("utf8"));
  };
  const page = json("report-data");
  const count = (kind: string) => html.match(new RegExp(`id="${kind}-\\d+"`, "g"))?.length ?? 0;
  const details = Array.from({ length: count("details") }, (_, i) => json(`details-${i}`)).flat();
  return {
    page,
    details,
    cells: count("evidence"),
    blocks: count("details"),
    cell: (n: number) => json(`evidence-${n}`),
  };
}
