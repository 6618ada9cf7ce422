import { regionalEndpoint } from "../../cognito/idp-client.js";
import type { Config } from "../../config/config.js";
import type { ProxyRoute } from "../../config/kinds/proxy-route.js";
import { createWayOut, proxyToCognito, type WayOut } from "../../network/way-out.js";

const THROUGH = "through HTTPS_PROXY";
const EXEMPT = "straight: NO_PROXY names it";

/** What is called, where, and which way calls take; empty where there is one way only. The first thing to look at when something cannot be reached. */
export function waysOut(config: Config): readonly (readonly string[])[] {
  if (config.httpsProxy === null) return [];
  const wayOut = createWayOut(new URL(config.httpsProxy.reveal()), config.noProxy);
  const api = config.cognitoEndpoint ?? regionalEndpoint(config.cognitoRegion);
  const tokens = config.cognitoTokenUrl;
  return [
    ["Cognito's API and keys", api, toCognito(wayOut, api)],
    ...(tokens === null ? [] : [["its token endpoint", tokens, toCognito(wayOut, tokens)]]),
    ...config.proxyRoutes.map((route) => [route.prefix, route.target.origin, toApi(wayOut, route)]),
  ];
}

function toCognito(wayOut: WayOut, base: string): string {
  if (proxyToCognito(wayOut, base) !== null) return THROUGH;
  return wayOut.proxyFor(new URL(base)) === null ? EXEMPT : "straight: plain http, or on this machine";
}

function toApi(wayOut: WayOut, { proxy, target }: ProxyRoute): string {
  if (!proxy) return 'straight: the route does not say "proxy": true';
  return wayOut.proxyFor(target) === null ? EXEMPT : THROUGH;
}
