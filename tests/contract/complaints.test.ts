import { createServer, type Server } from "node:http";
import { type AddressInfo, connect as connectTo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { complaintsOf, hintsFromSource, Prober, valuesFor } from "../../src/contract/index.ts";
import { Addresses, type Answer, Conversation, matchesStatus } from "../../src/http/index.ts";
import { randomNonces } from "../../src/util/random.ts";

/** Refusals as frameworks word them, for a job without `pipeline`; and what to send for it. */
const REFUSALS: readonly [string, string, string, unknown][] = [
  ["Django REST framework", "pipeline", '{"pipeline":["This field is required."]}', "sample"],
  [
    "FastAPI",
    "pipeline",
    '{"detail":[{"type":"missing","loc":["body","pipeline"],"msg":"Field required","input":{"name":"x"}}]}',
    "sample",
  ],
  [
    "FastAPI, number",
    "retries",
    '{"detail":[{"type":"int_parsing","loc":["body","retries"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"sample"}]}',
    1,
  ],
  [
    "zod",
    "pipeline",
    '{"error":[{"expected":"string","code":"invalid_type","path":["pipeline"],"message":"Invalid input: expected string, received undefined"}]}',
    "sample",
  ],
  [
    "zod, enum",
    "kind",
    '{"issues":[{"code":"invalid_value","values":["batch","stream"],"path":["kind"],"message":"Invalid option: expected one of \\"batch\\"|\\"stream\\""}]}',
    "batch",
  ],
  [
    "class-validator",
    "pipeline",
    '{"statusCode":400,"message":["pipeline should not be empty","pipeline must be a string"],"error":"Bad Request"}',
    "sample",
  ],
  [
    "Joi",
    "pipeline",
    '{"error":{"details":[{"message":"\\"pipeline\\" is required","path":["pipeline"],"type":"any.required"}]}}',
    "sample",
  ],
  [
    "express-validator",
    "pipeline",
    '{"errors":[{"type":"field","msg":"pipeline is required","path":"pipeline","location":"body"}]}',
    "sample",
  ],
  [
    "Go validator",
    "pipeline",
    "{\"error\":\"Key: 'createJob.Pipeline' Error:Field validation for 'Pipeline' failed on the 'required' tag\"}",
    "sample",
  ],
  [
    "Axum",
    "pipeline",
    "Failed to deserialize the JSON body into the target type: missing field `pipeline` at line 1 column 14",
    "sample",
  ],
  ["Spring", "pipeline", '{"errors":[{"field":"pipeline","message":"must not be blank"}]}', "sample"],
  [
    "Laravel",
    "pipeline",
    '{"message":"The pipeline field is required.","errors":{"pipeline":["The pipeline field is required."]}}',
    "sample",
  ],
  ["a sentence", "pipeline", '{"error":"pipeline is required"}', "sample"],
  ["a sentence, object", "config", '{"error":"config must be an object"}', {}],
];

const answerOf = (body: string): Answer =>
  ({
    status: 422,
    headers: [["content-type", "application/json"]],
    bytes: Buffer.from(body),
    truncated: false,
  }) as unknown as Answer;

describe("what a refusal asks for", () => {
  it.each(REFUSALS)("%s: %s", (_framework, field, body, value) => {
    const found = complaintsOf(answerOf(body)).find(({ name }) => name === field);
    expect(found).toBeDefined();
    if (found) expect(valuesFor({ ...found, name: field })[0]).toEqual(value);
  });

  it("does not take a plain refusal's words for fields", () => {
    expect(complaintsOf(answerOf('{"error":"Email already registered"}'))).toEqual([]);
    expect(complaintsOf(answerOf('{"detail":"Not found."}'))).toEqual([]);
  });
});

describe("an operation that demands more than the prompt says", () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  it("is found by giving what its refusals ask for, one after another", async () => {
    server = createServer((request, response) => {
      let text = "";
      request.on("data", (part) => {
        text += part;
      });
      request.on("end", () => {
        const body = JSON.parse(text || "{}") as Record<string, unknown>;
        const refuse = (words: Record<string, unknown>) => response.writeHead(422).end(JSON.stringify(words));
        if (request.url !== "/jobs") return response.writeHead(404).end();
        if (typeof body["pipeline"] !== "string") return refuse({ pipeline: ["This field is required."] });
        if (!["batch", "stream"].includes(body["mode"] as string))
          return refuse({ mode: ["Must be one of: batch, stream."] });
        if (!Number.isInteger(body["retries"])) return refuse({ retries: ["A valid integer is required."] });
        return response.writeHead(201).end(JSON.stringify({ id: 7, name: body["name"] }));
      });
    });
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const conversation = new Conversation(
      () => Promise.resolve(connectTo(port, "127.0.0.1")),
      new Addresses(),
      AbortSignal.timeout(20_000),
    );
    const prober = new Prober("pipeline-jobs", conversation, hintsFromSource(new Map()), randomNonces());
    const attempt = {
      method: "POST",
      endings: ["/jobs"],
      encodings: [{ encoding: "json" as const, fields: { name: "name" } }],
      call: { fields: { name: "n" } },
      accept: (answer: Answer) => matchesStatus(answer.status, ["2xx"]),
    };
    const found = await prober.find({ ...attempt, supply: [[/never/, 1]] });
    expect(found?.operation.extra).toEqual({ pipeline: "sample", mode: "batch", retries: 1 });

    expect(await prober.find(attempt)).toBeUndefined();
    expect(prober.refusal).toBe('POST /jobs answered 422 {"pipeline":["This field is required."]}');
  });
});
