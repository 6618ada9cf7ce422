import { DEFAULT_AUTH_PREFIX } from "../../wire/paths.js";
import { choice } from "../kinds/basic-kinds.js";
import { headerPatterns } from "../kinds/header-patterns.js";
import { proxyRoutes } from "../kinds/proxy-routes-kind.js";
import { path } from "../kinds/url-kinds.js";
import { byDefault, nothing, open } from "./setting.js";

/** The settings of calls to APIs, part of the table in settings.ts. */
export const PROXY_SETTINGS = {
  PROXY_ROUTES: open({
    group: "proxy",
    kind: proxyRoutes,
    absence: nothing("nothing is forwarded"),
    meaning: "What is forwarded where: `PREFIX=URL` pairs, comma or newline separated, or a JSON array.",
    example: "/api=http://api:8080,/files=https://files.internal/v1",
  }),
  PROXY_STRIP_HEADERS: open({
    group: "proxy",
    kind: headerPatterns,
    absence: byDefault("x-remote-user, x-user, remote-user, x-auth-request-*, x-amzn-oidc-*, x-ssl-client-*, x-client-cert"),
    meaning:
      "Request headers that no API gets from a browser: what servers take for somebody's identity. The value takes the place of the default; `none` lets all of them pass.",
    example: "x-remote-user, x-tenant-*",
  }),
  AUTH_PREFIX: open({
    group: "proxy",
    kind: path,
    absence: byDefault(DEFAULT_AUTH_PREFIX),
    meaning: "Where sign-in, sign-out and session live.",
    example: "/bff",
  }),
  CSRF_HEADER: open({
    group: "proxy",
    kind: choice("off", "required"),
    absence: byDefault("off"),
    meaning: "`required`: fetch calls must also carry `x-bff-csrf: 1`.",
    example: "required",
  }),
} as const;
