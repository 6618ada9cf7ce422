import type { Exchange } from "./exchange.js";
import { downstreamResponseHeaders, upstreamRequestHeaders } from "./headers/headers.js";

/** The headers that the API gets of a call. */
export function requestHeadersOf({
  request,
  route,
  bearer,
  forwarded,
  isOurCookie,
  isStripped,
  propagated,
  translation,
}: Exchange): string[] {
  return upstreamRequestHeaders(request.rawHeaders, {
    method: request.method ?? "GET",
    token: route.token,
    bearer,
    forwarded,
    isOurCookie,
    isStripped,
    propagated: propagated ?? null,
    translation,
  });
}

/** The headers that the browser gets of the API's answer. @param raw as they came, names and values in turn. */
export function answerHeadersOf(exchange: Exchange, status: number, raw: readonly string[]): string[] {
  const { request, route, isOurCookie, transportSecurity, translation, upstreamTarget } = exchange;
  return downstreamResponseHeaders(raw, {
    status,
    token: route.token,
    session: route.session,
    cache: route.cache,
    isOurCookie,
    transportSecurity: transportSecurity ?? null,
    setCookies: exchange.setCookies(),
    translation,
    publicTarget: request.url ?? "/",
    referer: request.headers.referer,
    upstreamTarget,
  });
}
