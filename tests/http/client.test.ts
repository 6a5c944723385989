import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect as connectTcp, createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Addresses, Conversation, failureOf, send, textBody } from "../../src/http/index.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function listen(server: Server): Promise<(from: string) => Promise<import("node:stream").Duplex>> {
  servers.push(server);
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      resolve(
        () =>
          new Promise((done, reject) => {
            const socket = connectTcp(port, "127.0.0.1", () => done(socket));
            socket.once("error", reject);
          }),
      );
    }),
  );
}

const raw = (answer: string, close = true) =>
  createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => (close ? socket.end(answer) : socket.write(answer)));
  });

const get = { label: "a request", method: "GET", path: "/", from: "127.0.0.1" };

describe("what a server may do to the client", () => {
  it("a whole answer is an answer", async () => {
    const connect = await listen(raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\nx-a: 2\r\n\r\nok"));
    const { answer, exchange } = await send(connect, get, 1);
    expect(answer?.status).toBe(200);
    expect(answer?.headers.filter(([name]) => name.toLowerCase() === "x-a")).toHaveLength(2);
    expect(exchange.noAnswer).toBeUndefined();
  });

  it.each([
    ["bytes that are no HTTP", raw("nonsense\r\n\r\n"), "malformed"],
    ["nothing, then the end", raw(""), "reset"],
    ["a body that breaks off", raw("HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\nab"), "reset"],
    ["silence", createServer(() => {}), "timeout"],
  ] as const)("%s is no answer", async (_name, server, reason) => {
    const connect = await listen(server);
    const { answer, noAnswer } = await send(connect, { ...get, timeoutMs: 500 }, 1);
    expect(answer).toBeUndefined();
    expect(noAnswer).toBe(reason);
  });

  it("a body without end is no answer and takes no memory", async () => {
    const server = createHttpServer((_req, res) => {
      const more = () => {
        while (!res.destroyed && res.write(Buffer.alloc(65536)));
        if (!res.destroyed) res.once("drain", more);
      };
      more();
    });
    const { noAnswer } = await send(await listen(server), get, 1);
    expect(noAnswer).toBe("endless");
  });

  it("an early 413 with a reset behind it is read, ten times of ten", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => {
        socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", () =>
          socket.destroy(),
        );
      });
    });
    const connect = await listen(server);
    for (let i = 0; i < 10; i++) {
      const body = { kind: "fill", head: "", fillBytes: 20_000_000, fillByte: "x", tail: "" } as const;
      const { answer } = await send(connect, { ...get, method: "POST", body }, 1);
      expect(answer?.status).toBe(413);
    }
  });

  it("the path goes out as it is written", async () => {
    let seen = "";
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        seen += String(chunk);
        socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      });
    });
    await send(
      await listen(server),
      { ...get, path: "//a/../b/%2e%2e/./c;x?y#z", body: textBody("a"), method: "POST", chunked: true },
      1,
    );
    expect(seen).toMatch(/^POST \/\/a\/\.\.\/b\/%2e%2e\/\.\/c;x\?y#z HTTP\/1\.1\r\n/);
    expect(seen.toLowerCase()).toContain("transfer-encoding: chunked");
    expect(seen.toLowerCase()).not.toContain("content-length");
  });
});

describe("throttles outside the throttle test", () => {
  it("are avoided by another source address, or waited out", async () => {
    let calls = 0;
    const server = createHttpServer((_req, res) => {
      calls++;
      if (calls <= 3) res.writeHead(429, { "retry-after": "0" }).end();
      else res.end("in");
    });
    const conversation = new Conversation(await listen(server), new Addresses());
    const { answer } = await conversation.ask({ method: "GET", path: "/" });
    expect(answer?.status).toBe(200);
    expect(conversation.exchanges).toHaveLength(1);
    expect(new Set(Array.from({ length: 600 }, () => conversation.moveOn())).size).toBe(600);
  });
});

describe("conditions", () => {
  const answer = {
    status: 403,
    headers: [["Content-Type", "application/json"]] as [string, string][],
    bytes: Buffer.from('{"jobs":[1,2,3],"total":3}'),
  };
  it("hold and fail as written, and never hold without an answer", () => {
    expect(failureOf({ status: ["4xx"] }, answer)).toBeUndefined();
    expect(failureOf({ status: ["401", "404"] }, answer)).toBe("status 403, not 401 or 404");
    expect(failureOf({ bodyLacks: ["total"] }, answer)).toContain("total");
    expect(failureOf({ maxItems: { pointer: "/jobs", max: 2 } }, answer)).toBe("3 rows, more than 2");
    expect(failureOf({ maxItems: { pointer: "/total", max: 2 } }, answer)).toBe("/total is 3, more than 2");
    expect(failureOf({ jsonEquals: { total: 3, jobs: [1, 2, 3] } }, answer)).toBeUndefined();
    expect(failureOf({ anyOf: [{ status: ["200"] }, { status: ["403"] }] }, answer)).toBeUndefined();
    expect(failureOf({}, undefined)).toBe("there was no answer");
  });
});
