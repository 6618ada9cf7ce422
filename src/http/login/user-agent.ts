import type { IncomingHttpHeaders } from "node:http";
import type { UserAgent } from "../../model/session.js";

/*
 * Which browser and system, for the person's own list and in words; nothing is decided by it, and nothing of what a client says is kept but names out of
 * these tables. A table of ours rather than a library (bowser, ua-parser-js): what a list needs is a dozen names, not versions and devices, and
 * searching for fixed texts in a text of bounded length costs a microsecond whatever is sent.
 */

/** Browsers' own are below 300 characters, and where an app has put its name in front the browser's is behind it. */
const LONGEST_USER_AGENT = 512;
const LONGEST_BRANDS = 256;

type Row = readonly [name: string, ...marks: readonly string[]];

/** The first that is found: each browser says, too, what it is made of. */
const BROWSERS: readonly Row[] = [
  // Says it nowhere but in Sec-CH-UA.
  ["Brave", '"Brave"'],
  ["Edge", "Edg/", "EdgA/", "EdgiOS/"],
  ["Opera", "OPR/", "OPT/"],
  ["Samsung Internet", "SamsungBrowser/"],
  ["Vivaldi", "Vivaldi/"],
  ["Yandex", "YaBrowser/"],
  ["DuckDuckGo", "DuckDuckGo/", "Ddg/"],
  ["Firefox", "Firefox/", "FxiOS/"],
  ["Chrome", "Chrome/", "CriOS/", "HeadlessChrome/"],
  ["Safari", "Safari/"],
];

/** An iPad says that it is a Mac, unless it is asked for the mobile page. */
const SYSTEMS: readonly Row[] = [
  ["iPadOS", "iPad"],
  ["iOS", "iPhone", "iPod"],
  ["Android", "Android"],
  ["ChromeOS", "CrOS"],
  ["Windows", "Windows"],
  ["macOS", "Macintosh"],
  ["Linux", "Linux", "X11"],
];

function nameIn(rows: readonly Row[], text: string): string | null {
  return rows.find(([, ...marks]) => marks.some((mark) => text.includes(mark)))?.[0] ?? null;
}

function startOf(header: string | string[] | undefined, longest: number): string {
  return typeof header === "string" ? header.slice(0, longest) : "";
}

/** The browser and system of a request; null where neither is known. */
export function userAgentOf(headers: IncomingHttpHeaders): UserAgent | null {
  const text = startOf(headers["user-agent"], LONGEST_USER_AGENT);
  const [browser, system] = [nameIn(BROWSERS, `${startOf(headers["sec-ch-ua"], LONGEST_BRANDS)} ${text}`), nameIn(SYSTEMS, text)];
  return browser === null && system === null ? null : { browser, system };
}
