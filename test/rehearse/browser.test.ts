import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import t, { type Test } from "tap";
import { Agent } from "undici";
import { Browser, readSetCookie } from "../../src/rehearse/stage/browser.js";

async function browserAt(t: Test, answer: RequestListener): Promise<Browser> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const dispatcher = new Agent({ headersTimeout: 100 });
  t.teardown(async () => {
    await dispatcher.destroy();
    server.closeAllConnections();
    server.close();
  });
  const publicUrl = "https://app.example.com";
  return new Browser({
    publicUrl,
    dispatcher,
    addresses: new Map([[publicUrl, `http://127.0.0.1:${(server.address() as AddressInfo).port}`]]),
  });
}

t.test("a cookie is taken away by no age, by a negative one, and by a date long gone", (t) => {
  for (const attribute of [
    "Max-Age=0",
    "Max-Age=-1",
    "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0",
  ])
    t.equal(readSetCookie(`session=; Path=/; ${attribute}`).isRemoval, true, attribute);
  for (const attribute of [
    "Secure",
    "Max-Age=1",
    "Expires=Thu, 01 Jan 2099 00:00:00 GMT",
    "Max-Age=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
  ])
    t.equal(readSetCookie(`session=x; Path=/; ${attribute}`).isRemoval, false, attribute);
  t.end();
});

t.test("a proxy that never answers is named with the call", async (t) => {
  const browser = await browserAt(t, () => {});
  await t.rejects(browser.call("/auth/session"), { message: "GET /auth/session: no answer within 30 s" });
});

t.test("nobody is led off the stage", async (t) => {
  const browser = await browserAt(t, (_request, response) => void response.writeHead(302, { location: "https://other.example/" }).end());
  await t.rejects(browser.visit("/"), { message: /leads to https:\/\/other\.example/ });
});
