import t from "tap";
import { isEmulatorsIssuer, issuersOf } from "../../src/cognito/issuers.js";
import { isLoopback, isLoopbackHttp } from "../../src/model/loopback.js";

const POOL = "local_2UXqfKzG";

t.test("an emulator on this machine means its pool by any name of this machine, on any port", async (t) => {
  const named = [
    "http://localhost:9229",
    "http://0.0.0.0:9229",
    "http://127.0.0.1:62847",
    "http://[::1]:9229",
    "http://[::]:9229",
    "http://localhost",
  ];
  const others = [
    "https://localhost:4566",
    "http://localhost.localstack.cloud:4566",
    "http://cognito.localhost:1",
    "http://127.0.0.53:9229",
  ];
  for (const origin of [...named, ...others]) t.ok(isEmulatorsIssuer(`${origin}/${POOL}`, POOL), origin);
});

t.test("no other pool, no other machine and nothing that hides in a URL is an emulator's issuer", async (t) => {
  const refused = [
    ...["http://localhost:9229/local_other", "http://localhost:9229", `http://localhost:9229/${POOL}/`, `http://localhost:9229/x/${POOL}`],
    ...[`http://cognito.example.com/${POOL}`, `http://localhost.example.com/${POOL}`, `http://127.0.0.1.example.com/${POOL}`],
    ...[`http://example.com@localhost/${POOL}`, `http://localhost@example.com/${POOL}`, `http://localhost:9229/x/../${POOL}`],
    ...[`http://localhost:9229/${POOL}?x`, `http://localhost:9229/${POOL}#x`, `http:localhost/${POOL}`, `http://localhost\\${POOL}`],
    ...[
      `ftp://localhost/${POOL}`,
      `file:///${POOL}`,
      `null/${POOL}`,
      POOL,
      "",
      ` http://localhost:9229/${POOL}`,
      `http://LOCALHOST/${POOL}`,
    ],
    ...[`http://0x7f.1:9229/${POOL}`, `http://2130706433/${POOL}`, `http://evillocalhost/${POOL}`, `http://10.0.0.1/${POOL}`],
    ...[undefined, null, 7, {}, [`http://localhost:9229/${POOL}`]],
  ];
  for (const iss of refused) t.notOk(isEmulatorsIssuer(iss, POOL), String(iss));
});

t.test("AWS has two issuers, an endpoint is a third", async (t) => {
  const origin = { userPoolId: "eu-central-1_AbC", region: "eu-central-1" };
  const ofAws = ["https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC"];
  ofAws.push("https://issuer-cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC");
  t.same(issuersOf({ ...origin, endpoint: null }), ofAws);
  t.same(issuersOf({ ...origin, endpoint: "http://c:9229" }), [...ofAws, "http://c:9229/eu-central-1_AbC"]);
});

t.test("loopback is a name or an address that leads nowhere else", async (t) => {
  for (const name of ["localhost", "LOCALHOST", "app.localhost", "127.0.0.1", "127.255.255.254", "::1", "[::1]"])
    t.ok(isLoopback(name), name);
  for (const name of ["localhost.example.com", "127.example.com", "127.0.0.1.example.com", "0.0.0.0", "::", "10.0.0.1", "notlocalhost", ""])
    t.notOk(isLoopback(name), name);
  t.ok(isLoopbackHttp("http://localhost:9229"));
  for (const url of [null, "https://localhost:9229", "http://c:9229"]) t.notOk(isLoopbackHttp(url), String(url));
});
