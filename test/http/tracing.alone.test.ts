import { context, propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import t from "tap";
import { findTracer } from "../../src/telemetry/tracing.js";
import { until } from "../support/condition.js";
import { openConnection } from "../support/kept-connection.js";
import { runDemo } from "../support/running-demo.js";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const TRACEPARENT = `00-${TRACE}-${PARENT}-01`;

interface Echo {
  readonly headers: Record<string, string>;
}

t.test("without an SDK there is no tracer, and what came of a trace is passed on as it is", async (t) => {
  t.equal(findTracer(), null);
  const demo = await runDemo(t);
  const person = await demo.signedIn();
  const answer = await person.call("/api/echo", { headers: { traceparent: TRACEPARENT, tracestate: "congo=t61rcWkgMzE" } });
  t.match(answer.json<Echo>().headers, { traceparent: TRACEPARENT, tracestate: "congo=t61rcWkgMzE" });
});

t.test("with an SDK", async (t) => {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  t.teardown(() => {
    trace.disable();
    context.disable();
    propagation.disable();
  });
  const demo = await runDemo(t);
  const person = await demo.signedIn();

  /** The spans of one call, by name. */
  async function spansOf(path: string, headers: Record<string, string> = {}) {
    exporter.reset();
    const answer = await person.call(path, { headers });
    while (!exporter.getFinishedSpans().some(({ kind }) => kind === SpanKind.SERVER))
      await new Promise((resolve) => setTimeout(resolve, 2));
    return { answer, spans: exporter.getFinishedSpans() };
  }

  await t.test("call, refresh and upstream are spans of the caller's trace, and the API continues it below ours", async (t) => {
    demo.advance("2h");
    const { answer, spans } = await spansOf("/api/echo", { traceparent: TRACEPARENT });
    const [call, refresh, upstream] = ["GET /api", "refresh session", "GET /api"].map((name, index) =>
      spans.find((span) => span.name === name && span.kind === [SpanKind.SERVER, SpanKind.INTERNAL, SpanKind.CLIENT][index]),
    );
    t.equal(spans.length, 3);
    for (const span of [call, refresh, upstream]) t.equal(span?.spanContext().traceId, TRACE);
    t.equal(call?.parentSpanContext?.spanId, PARENT);
    t.equal(refresh?.parentSpanContext?.spanId, call?.spanContext().spanId);
    t.equal(upstream?.parentSpanContext?.spanId, call?.spanContext().spanId);
    t.match(call?.attributes, { "http.request.method": "GET", "http.route": "/api", "http.response.status_code": 200 });
    t.match(refresh?.attributes, { "bff.refresh.result": "refreshed" });
    t.equal(answer.json<Echo>().headers["traceparent"], `00-${TRACE}-${upstream?.spanContext().spanId}-01`);
  });

  await t.test("a request without a trace begins one", async (t) => {
    const { answer, spans } = await spansOf("/api/echo");
    t.match(answer.json<Echo>().headers["traceparent"], new RegExp(`^00-${spans[0]?.spanContext().traceId}-`));
  });

  await t.test("what a caller says of a trace that was not accepted is not grafted onto ours", async (t) => {
    const { answer } = await spansOf("/api/echo", { traceparent: "00-broken", tracestate: "theirs=1" });
    const { headers } = answer.json<Echo>();
    t.match(headers["traceparent"], /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    t.equal(headers["tracestate"], undefined);
  });

  await t.test("of requests sent together whose client leaves, the one that had its turn has spans that end", async (t) => {
    exporter.reset();
    const connection = await openConnection(t, demo.url);
    const call = `GET /api/slow?ms=5000 HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nCookie: ${person.cookiesOf("localhost")}\r\n\r\n`;
    connection.socket.write(call.repeat(3));
    await until(async () => (await demo.metric("bff_open_calls")) === 1);
    connection.socket.destroy();
    const ended = (kind: SpanKind) => exporter.getFinishedSpans().filter((span) => span.kind === kind).length;
    await until(() => ended(SpanKind.CLIENT) === 1);
    t.equal(ended(SpanKind.SERVER), 1);
  });

  await t.test("a problem of ours is told by its reason, and no span holds a path, a token or a person", async (t) => {
    demo.advance("31d");
    const { spans } = await spansOf("/api/echo?secret=1");
    const call = spans.find(({ kind }) => kind === SpanKind.SERVER);
    t.match(call?.attributes, { "bff.reason": "expired", "http.response.status_code": 401 });
    t.equal(call?.status.code, SpanStatusCode.UNSET, "a 401 is no error of the server");
    const text = JSON.stringify(spans.map(({ name, attributes, events, status }) => ({ name, attributes, events, status })));
    for (const secret of ["echo", "secret", "eyJ", demo.user.email]) t.notMatch(text, secret);
  });
});
