import type { Page } from "playwright-core";
import t from "tap";
import { browserSuite } from "../support/chromium.js";
import { ClientApp, shows } from "./client-app.js";

const ENDED = "expired expired refresh_token_expired";

/** What the page's script starts with: `say` notes what happens, one after the other. */
const NOTES = `
  globalThis.say = (what) => {
    const said = document.getElementById("said");
    said.textContent = [said.textContent, what].filter(Boolean).join(", ");
  };
`;

await browserSuite(t, "sockets and streams of the client, in a real browser", async (t, browser) => {
  t.test("a socket that is closed when its session ends (4401) is open again after the sign-in", async (t) => {
    const app = await ClientApp.start(t, browser);
    const page = await app.signedIn();
    await openSocket(page);
    await notes(page, "open, echo hello");
    app.demo.advance("31d");
    await page.evaluate("client.check()");
    await shows(page, ENDED);
    await notes(page, "open, echo hello, close 4401");
    t.equal(app.api.sockets.size, 0);
    await app.signIn(page);
    await notes(page, "open, echo hello, close 4401, open, echo hello");
    t.equal(app.api.sockets.size, 1);
  });

  t.test("a socket whose handshake is refused finds out that the session has ended, and opens after the sign-in", async (t) => {
    const app = await ClientApp.start(t, browser);
    const page = await app.signedIn();
    app.demo.advance("31d");
    await openSocket(page);
    await notes(page, "error, close 1006");
    await shows(page, ENDED);
    await app.signIn(page);
    await notes(page, "error, close 1006, open, echo hello");
  });

  t.test("a socket that is told of a restart (1012) connects again by itself", async (t) => {
    const app = await ClientApp.start(t, browser);
    const page = await app.signedIn();
    await openSocket(page);
    await notes(page, "open, echo hello");
    for (const socket of app.api.sockets) socket.close(1012);
    await notes(page, "open, echo hello, close 1012, open, echo hello");
    await page.evaluate("socket.close()");
    await notes(page, "open, echo hello, close 1012, open, echo hello, close 1005");
    await page.waitForTimeout(4_500);
    t.equal(app.api.sockets.size, 0, "what the page itself has closed stays closed");
  });

  t.test("an EventSource that is refused is open again after the sign-in, its own events included", async (t) => {
    const app = await ClientApp.start(t, browser);
    const page = await app.signedIn();
    app.demo.advance("31d");
    await page.evaluate(`${NOTES}
      globalThis.events = client.sessionEvents("/api/events");
      for (const type of ["open", "error", "number"]) events.addEventListener(type, ({ data }) => say([type, data].filter(Boolean).join(" ")));
    `);
    await notes(page, "error");
    await shows(page, ENDED);
    await app.signIn(page);
    await notes(page, "error, open, number 1");
  });
});

/** Opens a socket that says hello whenever it is open, and notes what happens to it. */
async function openSocket(page: Page): Promise<void> {
  await page.evaluate(`${NOTES}
    globalThis.socket = client.sessionSocket("/api/socket");
    socket.addEventListener("open", () => { say("open"); socket.send("hello"); });
    socket.addEventListener("message", ({ data }) => say("echo " + data));
    socket.addEventListener("error", () => say("error"));
    socket.addEventListener("close", ({ code }) => say("close " + code));
  `);
}

/** Waits until this is all that was noted. */
async function notes(page: Page, all: string): Promise<void> {
  await page.locator("#said", { hasText: new RegExp(`^${all}$`) }).waitFor();
}
