import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { config } from "./config";
import { db } from "./database";

/** Runs once before the server answers. A bad setting or an unusable database ends the process here. */
export function start(): void {
  try {
    config();
    db();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
  if (!config().WEBHOOK_SECRET) console.warn("WEBHOOK_SECRET is not set: every webhook is refused");
  recordClientAddresses(config().TRUSTED_PROXY_HOPS);
}

/**
 * Route handlers cannot see the socket, and Next takes X-Forwarded-For from the client as it comes.
 * So the address is taken from the connection (or from our own proxies) before Next sees the request.
 */
function recordClientAddresses(proxyHops: number): void {
  subscribe("http.server.request.start", (message) => {
    const { request } = message as { request: IncomingMessage };
    const forwarded = String(request.headers["x-forwarded-for"] ?? "").split(",");
    const address = proxyHops > 0 ? forwarded.at(-proxyHops)?.trim() : request.socket.remoteAddress;
    request.headers["x-client-address"] = address || "unknown";
  });
}
