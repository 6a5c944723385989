import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { config } from "./config";
import { db, seed } from "./database";

/** Runs once before the server answers. A bad setting or an unusable database ends the process here. */
export async function start(): Promise<void> {
  try {
    config();
    await seed(db());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
  recordClientAddresses();
}

/**
 * Route handlers cannot see the socket, and Next takes X-Forwarded-For from the client as it comes.
 * So the address is taken from the connection before Next sees the request.
 */
function recordClientAddresses(): void {
  subscribe("http.server.request.start", (message) => {
    const { request } = message as { request: IncomingMessage };
    request.headers["x-client-address"] = request.socket.remoteAddress || "unknown";
  });
}
