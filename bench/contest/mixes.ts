import type { LoadRequest } from "./load.js";

/** A kind of call, and what of it a round is made of. */
export interface Mix {
  readonly title: string;
  request(pageUrl: string, cookie: string): LoadRequest;
}

/** The headers that a browser sends with a fetch of its own origin. */
const BROWSER_HEADERS = {
  accept: "application/json",
  "accept-encoding": "gzip, deflate, br, zstd",
  "accept-language": "en-GB,en;q=0.9,de;q=0.8",
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
  "sec-ch-ua": '"Chromium";v="142", "Not_A Brand";v="99"',
  "sec-ch-ua-mobile": "?0",
  "sec-ch-ua-platform": '"Linux"',
  "sec-fetch-site": "same-origin",
  "sec-fetch-mode": "cors",
  "sec-fetch-dest": "empty",
  dnt: "1",
};

function headersOf(pageUrl: string, cookie: string): Record<string, string> {
  return { ...BROWSER_HEADERS, referer: `${pageUrl}/orders/4711`, cookie };
}

function get(path: string): Mix["request"] {
  return (pageUrl, cookie) => ({ method: "GET", path, headers: headersOf(pageUrl, cookie), bodyBytes: 0 });
}

const UPLOAD_BYTES = 1024 * 1024;

/** By the name that `--mix` knows them by. */
export const MIXES = {
  small: { title: "GET, 747 bytes", request: get("/api/x") },
  large: { title: "GET, 100 kB", request: get("/api/large") },
  upload: {
    title: "POST, 1 MB",
    request: (pageUrl, cookie) => ({
      method: "POST",
      path: "/api/upload",
      headers: { ...headersOf(pageUrl, cookie), origin: pageUrl, "content-type": "application/octet-stream" },
      bodyBytes: UPLOAD_BYTES,
    }),
  },
  cookie: { title: "GET with Set-Cookie in the answer", request: get("/api/cookie") },
} as const satisfies Readonly<Record<string, Mix>>;

export type MixName = keyof typeof MIXES;
