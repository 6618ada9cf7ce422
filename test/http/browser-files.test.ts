import t from "tap";
import { runDemo } from "../support/running-demo.js";

t.test("the client for browsers is served to everybody, and asked for anew while it stays the same", async (t) => {
  const demo = await runDemo(t);
  const url = `${demo.url}/auth/client.js`;
  const first = await fetch(`${url}?v=1`);
  t.equal(first.status, 200);
  t.match(Object.fromEntries(first.headers), {
    "content-type": "text/javascript; charset=utf-8",
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
  });
  t.match(await first.text(), /createSessionClient/);
  const etag = first.headers.get("etag") ?? "";
  t.match(etag, /^"[\w-]{22}"$/);
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const again = await fetch(url, { headers: { "if-none-match": known } });
    t.equal(again.status, 304, known);
    t.equal(again.headers.get("etag"), etag);
    t.equal(await again.text(), "");
  }
  t.equal((await fetch(url, { headers: { "if-none-match": '"other"' } })).status, 200);
  t.equal((await fetch(url.replace("client", "%63l%69ent"))).headers.get("etag"), etag, "whatever way it is spelled");
  const head = await fetch(url, { method: "HEAD" });
  t.same([head.status, head.headers.get("etag"), await head.text()], [200, etag, ""]);
  const post = await fetch(url, { method: "POST" });
  t.same([post.status, post.headers.get("allow")], [405, "GET, HEAD"]);
});
