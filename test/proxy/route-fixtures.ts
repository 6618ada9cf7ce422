import type { ProxyRoute } from "../../src/config/kinds/proxy-route.js";
import { createTranslation, type Translation } from "../../src/proxy/headers/translation.js";

/** What browsers see of us. */
export const PUBLIC_SIDE = { publicUrl: "https://app.example.com", authPrefix: "/auth" };

export function isOurCookie(name: string): boolean {
  return /^__Host-Http-bff-(?:session(?:\.\d+)?|ended|login-\w+)$/.test(name);
}

export function proxyRoute(parts: Partial<ProxyRoute>): ProxyRoute {
  return {
    prefix: "/api",
    target: new URL("http://api.test"),
    token: "id",
    session: "required",
    stripPrefix: false,
    proxy: false,
    rewrite: true,
    responseHeaderTimeoutMs: 30_000,
    bodyIdleTimeoutMs: null,
    requestIdleTimeoutMs: null,
    host: "target",
    csrf: "inherit",
    cache: "private",
    ...parts,
  };
}

export function translationOf(parts: Partial<ProxyRoute> = {}): Translation {
  return createTranslation(proxyRoute(parts), PUBLIC_SIDE);
}
