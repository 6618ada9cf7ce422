import t from "tap";
import { userAgentOf } from "../../src/http/login/user-agent.js";

const KHTML = "AppleWebKit/537.36 (KHTML, like Gecko)";

/** As browsers send it. */
const SEEN: readonly (readonly [browser: string, system: string, userAgent: string, brands?: string])[] = [
  ["Firefox", "Windows", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"],
  ["Firefox", "Linux", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"],
  [
    "Firefox",
    "iOS",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/145.0 Mobile/15E148 Safari/605.1.15",
  ],
  ["Chrome", "macOS", `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${KHTML} Chrome/142.0.0.0 Safari/537.36`],
  ["Chrome", "Android", `Mozilla/5.0 (Linux; Android 10; K) ${KHTML} Chrome/142.0.0.0 Mobile Safari/537.36`],
  ["Chrome", "ChromeOS", `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${KHTML} Chrome/142.0.0.0 Safari/537.36`],
  ["Edge", "Windows", `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${KHTML} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0`],
  ["Opera", "Windows", `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${KHTML} Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0`],
  ["Samsung Internet", "Android", `Mozilla/5.0 (Linux; Android 10; K) ${KHTML} SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36`],
  [
    "Safari",
    "macOS",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
  ],
  [
    "Safari",
    "iPadOS",
    "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
  ],
  [
    "Brave",
    "Windows",
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${KHTML} Chrome/142.0.0.0 Safari/537.36`,
    '"Chromium";v="142", "Brave";v="142", "Not_A Brand";v="99"',
  ],
];

t.test("browsers are called as people call them", (t) => {
  for (const [browser, system, userAgent, brands] of SEEN)
    t.same(userAgentOf({ "user-agent": userAgent, ...(brands && { "sec-ch-ua": brands }) }), { browser, system }, `${browser}, ${system}`);
  t.end();
});

t.test("of what says nothing nothing is kept, and of half what is known", (t) => {
  for (const userAgent of [undefined, "", "curl/8.14.1", "<script>alert(1)</script>", "firefox on windows"])
    t.equal(userAgentOf(userAgent === undefined ? {} : { "user-agent": userAgent }), null);
  t.same(userAgentOf({ "user-agent": "an app on Android" }), { browser: null, system: "Android" });
  t.end();
});

t.test("what lies beyond the first half kilobyte is not looked at, however much there is", (t) => {
  const hostile = "A".repeat(32 * 1024);
  t.equal(userAgentOf({ "user-agent": `${hostile} Firefox/145.0`, "sec-ch-ua": `${hostile} "Brave"` }), null);
  const sinceMs = performance.now();
  for (let times = 0; times < 10_000; times++) userAgentOf({ "user-agent": hostile, "sec-ch-ua": hostile });
  t.ok(performance.now() - sinceMs < 2_000, "less than 0.2 ms each, on a busy machine");
  t.end();
});
