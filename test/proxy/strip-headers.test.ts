import t from "tap";
import { SETTINGS } from "../../src/config/settings/settings.js";
import { stripsHeaders } from "../../src/proxy/headers/strip-headers.js";

function stripped(text: string): (name: string) => boolean {
  const decoded = SETTINGS.PROXY_STRIP_HEADERS.kind.decode(text);
  if (decoded.kind === "refused") throw new Error(text);
  const strips = stripsHeaders(decoded.value);
  return (name) => strips(name.toLowerCase());
}

t.test("by default no API gets what servers take for somebody's identity", (t) => {
  const strips = stripped(SETTINGS.PROXY_STRIP_HEADERS.absence.text);
  const identities = [
    "X-Remote-User",
    "X-User",
    "Remote-User",
    "X-Auth-Request-Email",
    "X-Auth-Request-User",
    "X-Amzn-Oidc-Data",
    "x-amzn-oidc-identity",
  ];
  for (const name of [...identities, "X-SSL-Client-Verify", "X-SSL-Client-S-DN", "X-Client-Cert"]) t.ok(strips(name), name);
  for (const name of ["X-User-Agent", "X-Users", "X-Amzn-Trace-Id", "X-Amzn-Oidc", "X-Request-Id", "User", "X-Client-Certificate-Count"])
    t.notOk(strips(name), name);
  t.end();
});

t.test("a value takes the place of the default, and `none` empties it", (t) => {
  const own = stripped("X-Tenant-*, x-role,");
  for (const name of ["X-Tenant-Id", "x-tenant-", "X-ROLE"]) t.ok(own(name), name);
  for (const name of ["X-Tenant", "X-Roles", "X-User"]) t.notOk(own(name), name);
  t.notOk(stripped("none")("X-User"));
  t.end();
});

t.test("what could never match, or would match everything, is refused", (t) => {
  for (const text of ["*", "X_User", "x-*-user", "X-User: 1", "none, X-User", ","])
    t.equal(SETTINGS.PROXY_STRIP_HEADERS.kind.decode(text).kind, "refused", text);
  t.end();
});
