import { useState } from "preact/hooks";
import type { Exchange, HeaderList, KeptBody } from "../../../src/model/index.ts";
import { bytesAsText } from "../bytes.ts";
import { Text } from "../text.tsx";
import { bytes } from "../words.ts";

const NO_ANSWER = {
  refused: "The connection was refused.",
  reset: "The connection was reset before a whole answer came.",
  timeout: "No whole answer came in time.",
  malformed: "The answer was not valid HTTP.",
  endless: "The answer did not end.",
} as const;

/** One request and what came of it, folded unless it is the one that decides. */
export function ExchangeBlock({ exchange, open = false }: { exchange: Exchange; open?: boolean }) {
  const [opened, setOpened] = useState(open);
  const { request, response, noAnswer } = exchange;
  return (
    <details
      class="exchange"
      id={`exchange-${exchange.n}`}
      open={open}
      onToggle={(event) => setOpened(event.currentTarget.open)}
    >
      <summary data-stop>
        <span class="n">{exchange.n}</span>
        <code class="line">
          <b>{request.method}</b> <Text>{request.path}</Text>
        </code>
        <span class={`status s${response ? String(response.status).slice(0, 1) : "0"}`}>
          {response?.status ?? noAnswer ?? "no answer"}
        </span>
        <span class="label">
          <Text>{exchange.label}</Text>
        </span>
        <span class="time">{Math.round(exchange.durationMs)} ms</span>
      </summary>
      {opened && <ExchangeContent exchange={exchange} />}
    </details>
  );
}

export function ExchangeContent({ exchange: { request, response, noAnswer } }: { exchange: Exchange }) {
  return (
    <div class="sides">
      <div>
        <h3>
          Request{" "}
          <small>
            from {request.from}
            {request.chunked ? ", chunked" : ""}
          </small>
        </h3>
        <pre class="http">
          <b>{request.method}</b> <Text>{request.path}</Text>
          {"\n"}
          <Headers headers={request.headers} />
        </pre>
        <Body body={request.body} />
      </div>
      <div>
        <h3>Response</h3>
        {response ? (
          <>
            <pre class="http">
              <b class={`status s${String(response.status).slice(0, 1)}`}>{response.status}</b>
              {"\n"}
              <Headers headers={response.headers} />
            </pre>
            <Body body={response.body} />
          </>
        ) : (
          <p>{noAnswer ? NO_ANSWER[noAnswer] : "There was no answer."}</p>
        )}
      </div>
    </div>
  );
}

function Headers({ headers }: { headers: HeaderList }) {
  return (
    <>
      {headers.map(([name, value], i) => (
        <span key={i}>
          <span class="header-name">
            <Text>{name}</Text>:
          </span>{" "}
          <Text>{value}</Text>
          {"\n"}
        </span>
      ))}
    </>
  );
}

/** Bodies are laid out for reading when they are JSON; everything else as it is. */
function Body({ body }: { body: KeptBody | undefined }) {
  if (!body) return <p class="fine">No body.</p>;
  if (body.totalBytes === 0) return <p class="fine">Empty body.</p>;
  if (body.kind === "fill")
    return (
      <pre class="http body">
        <Text>{body.head}</Text>
        <span class="cut">
          {bytes(body.fillBytes)}, each "<Text>{body.fillByte}</Text>"
        </span>
        <Text>{body.tail}</Text>
      </pre>
    );
  const text = body.kind === "text" ? laidOut(body.text) : decoded(body.base64);
  const changed = body.kind === "text" && text !== body.text;
  return (
    <>
      {changed && <p class="fine">JSON, laid out for reading.</p>}
      {body.kind === "base64" && <p class="fine">Not plain UTF-8: such bytes are shown as \xNN.</p>}
      <pre class="http body">
        <Text>{text}</Text>
        {body.cut && <span class="cut">cut here: {bytes(body.totalBytes)} in all</span>}
      </pre>
    </>
  );
}

function laidOut(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function decoded(base64: string): string {
  try {
    return bytesAsText(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  } catch {
    return base64;
  }
}
