import {
  context,
  ProxyTracerProvider,
  propagation,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";

import { version } from "../model/version.js";

export type { Span, Tracer } from "@opentelemetry/api";

/**
 * The tracer of the OpenTelemetry SDK that is registered by now; null where none is, and then tracing costs nothing. An SDK is registered
 * before the server is built, for instance with `node --import`.
 */
export function findTracer(): Tracer | null {
  const provider = trace.getTracerProvider();
  const isRegistered = !(provider instanceof ProxyTracerProvider) || provider.getDelegate() !== new ProxyTracerProvider().getDelegate();
  return isRegistered ? trace.getTracer("cognito-bff", version) : null;
}

/** Runs in a span of its own, a child of whatever span is active; without a tracer it just runs. */
export function inSpan<T>(tracer: Tracer | null, name: string, options: SpanOptions, run: (span: Span | null) => Promise<T>): Promise<T> {
  return tracer ? traced(tracer, name, options, run) : run(null);
}

async function traced<T>(tracer: Tracer, name: string, options: SpanOptions, run: (span: Span) => Promise<T>): Promise<T> {
  const span = tracer.startSpan(name, options);
  try {
    return await context.with(trace.setSpan(context.active(), span), () => run(span));
  } catch (error) {
    // Not recordException: messages are not ours to bound.
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

/** The headers that carry the active span on, `traceparent` with the usual propagator. */
export interface PropagatedHeaders {
  /** All that the propagator may write, in lower case: what came under these names is not passed on beside it. */
  readonly names: ReadonlySet<string>;
  readonly values: Readonly<Record<string, string>>;
}

export function propagatedHeaders(): PropagatedHeaders {
  const values: Record<string, string> = {};
  propagation.inject(context.active(), values);
  return { names: new Set([...propagation.fields(), ...Object.keys(values)].map((name) => name.toLowerCase())), values };
}
