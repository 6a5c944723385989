import { createServer, type Socket } from "node:net";
import type { Instance } from "./instance.ts";

/** A loopback port of this machine behind which a running copy answers, for programs that cannot use its stream. */
export interface Door {
  /** Such as `http://127.0.0.1:41234`. */
  url: string;
  close(): void;
}

/** Opens one. Whoever can reach this machine's loopback can use it while it is open. */
export function doorTo(instance: Instance): Promise<Door> {
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client);
    client.once("close", () => clients.delete(client));
    instance.connect("127.0.0.1").then(
      (upstream) => {
        client.pipe(upstream).pipe(client);
        client.on("error", () => upstream.destroy());
        upstream.on("error", () => client.destroy());
      },
      () => client.destroy(),
    );
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      resolve({
        url: `http://127.0.0.1:${port}`,
        close() {
          server.close();
          for (const client of clients) client.destroy();
        },
      });
    });
  });
}
