import { type LookupAddress, type LookupAllOptions, lookup } from "node:dns";
import { rmSync } from "node:fs";
import { BlockList, connect, createServer, isIP, type Server, type Socket } from "node:net";
import { Server as ProxyServer, RequestError } from "proxy-chain";
import { getProxyForUrl } from "proxy-from-env";
import type { HostAsked } from "../model/network.ts";

/** Addresses of this machine and of its cloud's metadata, where no name that is allowed may lead (RFC 6890). */
const OWN_ADDRESSES = new BlockList();
for (const [net, prefix] of [
  ["0.0.0.0", 8],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["224.0.0.0", 3],
] as const)
  OWN_ADDRESSES.addSubnet(net, prefix, "ipv4");
for (const [net, prefix] of [
  ["::", 127],
  ["fe80::", 10],
  ["ff00::", 8],
] as const)
  OWN_ADDRESSES.addSubnet(net, prefix, "ipv6");

/**
 * Whether a rule allows a host and port. `example.com` is that host on 80 and 443, `*.example.com` everything below
 * it, `example.com:8443` another port, `*` every host and port but this machine's own. Addresses and `localhost` are
 * allowed only when they are written out themselves.
 */
export function allows(rule: string, host: string, port: number): boolean {
  if (rule === "*") return isIP(host) === 0 ? host !== "localhost" : !isOwn(host, isIP(host) === 6 ? "ipv6" : "ipv4");
  const [, name = "", wanted] = /^(.*?)(?::(\d+))?$/.exec(rule.toLowerCase()) ?? [];
  if (wanted === undefined ? port !== 80 && port !== 443 : port !== Number(wanted)) return false;
  if (name.startsWith("*.")) return isIP(host) === 0 && host.endsWith(name.slice(1)) && host.length > name.length - 1;
  return host === name;
}

type LookupDone = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/** Resolves like dns.lookup, and fails when a name leads to this machine. */
function guardedLookup(host: string, options: LookupAllOptions | { all?: boolean }, done: LookupDone): void {
  lookup(host, { ...options, all: true }, (error, found) => {
    if (error) return done(error, []);
    const outside = found.filter(({ address, family }) => !isOwn(address, family === 6 ? "ipv6" : "ipv4"));
    const [first] = outside;
    if (!first) return done(Object.assign(new Error(`${host} leads to this machine`), { code: "EACCES" }), []);
    if (options.all) done(null, outside);
    else done(null, first.address, first.family);
  });
}

function isOwn(address: string, family: "ipv4" | "ipv6"): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ? OWN_ADDRESSES.check(mapped, "ipv4") : OWN_ADDRESSES.check(address, family);
}

/** The only way out of a sandbox: an HTTP proxy that leads to allowed hosts and writes down every host asked for. */
export interface Gate {
  /** Every host asked for so far, allowed or refused, in the order of first asking. */
  asked(): HostAsked[];
  close(): Promise<void>;
}

/**
 * Opens a gate at a Unix socket or a loopback port (0 takes a free one; `at.port` then says which).
 * Requests go on through the proxy of our own environment (HTTPS_PROXY, NO_PROXY) when there is one.
 */
export async function openGate(allow: readonly string[], at: { path: string } | { port: number }): Promise<Gate> {
  const asked = new Map<string, HostAsked>();
  const proxy = new ProxyServer({
    prepareRequestFunction({ hostname, port, isHttp }) {
      const host = hostname
        .toLowerCase()
        .replace(/^\[|\]$/g, "")
        .replace(/\.$/, "");
      const rule = allow.find((one) => allows(one, host, port));
      note(asked, host, port, rule !== undefined);
      if (rule === undefined) throw new RequestError(`${host}:${port} is not among the hosts allowed here.\n`, 403);
      const upstreamProxyUrl = getProxyForUrl(`${isHttp ? "http" : "https"}://${hostname}:${port}`);
      const named = rule.startsWith("localhost");
      return {
        ...(upstreamProxyUrl ? { upstreamProxyUrl } : named ? {} : { dnsLookup: guardedLookup as typeof lookup }),
      };
    },
  });
  const sockets = new Set<Socket>();
  const listener = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // proxy-chain takes a socket without a remote address for one that is closed; Unix sockets have none.
    if (socket.remoteAddress === undefined) Object.defineProperty(socket, "remoteAddress", { value: "127.0.0.1" });
    proxy.server.emit("connection", socket);
  });
  await listenAt(listener, at);
  return {
    asked: () => [...asked.values()].map((one) => ({ ...one })),
    close: () => closeAll(listener, sockets, at),
  };
}

/** Java reads no proxy from its environment. */
const javaOptions = (port: number): string =>
  ["http", "https"].map((kind) => `-D${kind}.proxyHost=127.0.0.1 -D${kind}.proxyPort=${port}`).join(" ");

/** Registries on this machine that an environment names (`npm_config_registry=http://localhost:4873`), as rules. */
export function registriesHere(env: Readonly<Record<string, string>>): string[] {
  return Object.values(env).flatMap((value) =>
    [...value.matchAll(/\bhttps?:\/\/[^\s,'"]+/g)].flatMap(([address]) => {
      if (!URL.canParse(address)) return [];
      const { protocol, hostname, port } = new URL(address);
      const host = hostname.replace(/^\[|\]$/g, "");
      const own = host === "localhost" || (isIP(host) !== 0 && isOwn(host, isIP(host) === 6 ? "ipv6" : "ipv4"));
      return own ? [`${host}:${port || (protocol === "https:" ? "443" : "80")}`] : [];
    }),
  );
}

/** Variables that lead common programs to the proxy at this port, whatever `env` says; loopback stays direct. */
export function proxyVariables(port: number, env: Readonly<Record<string, string>>): Record<string, string> {
  const [url, direct] = [`http://127.0.0.1:${port}`, "localhost,127.0.0.1,::1"];
  return {
    ...{ HTTP_PROXY: url, HTTPS_PROXY: url, ALL_PROXY: url, NO_PROXY: direct },
    ...{ http_proxy: url, https_proxy: url, all_proxy: url, no_proxy: direct },
    MAVEN_OPTS: [env["MAVEN_OPTS"], javaOptions(port)].filter(Boolean).join(" "),
    GRADLE_OPTS: [env["GRADLE_OPTS"], javaOptions(port)].filter(Boolean).join(" "),
    // Node's own fetch and http take the variables above only when this one is set.
    NODE_USE_ENV_PROXY: "1",
  };
}

function note(asked: Map<string, HostAsked>, host: string, port: number, allowed: boolean): void {
  const key = `${host} ${port} ${allowed}`;
  const known = asked.get(key);
  if (known) known.times++;
  // A program can ask for names without end.
  else if (asked.size < 10_000)
    asked.set(key, { host: host.slice(0, 255), port, allowed, times: 1, firstAt: new Date().toISOString() });
}

/** Leads every connection to `path` on to a host and port of this machine's own network. */
export async function openForward(
  path: string,
  to: { host: string; port: number },
): Promise<{ close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const listener = createServer({ allowHalfOpen: true }, (inner) => {
    const outer = connect({ ...to, allowHalfOpen: true });
    for (const [one, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroySoon();
      });
      one.pipe(other);
    }
  });
  await listenAt(listener, { path });
  return { close: () => closeAll(listener, sockets, { path }) };
}

function listenAt(listener: Server, at: { path: string } | { port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once("error", reject);
    listener.listen("path" in at ? at : { port: at.port, host: "127.0.0.1" }, () => {
      const address = listener.address();
      if ("port" in at && typeof address === "object" && address) at.port = address.port;
      resolve();
    });
  });
}

async function closeAll(listener: Server, sockets: Set<Socket>, at: object): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => listener.close(resolve));
  if ("path" in at) rmSync(String(at.path), { force: true });
}
