/** What the API answers, by path. */
export interface ApiAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const json = (bytes: number) => JSON.stringify({ items: "x".repeat(bytes - '{"items":""}'.length) });
const HEADERS = { etag: '"1"', vary: "accept-encoding" };

export const UPLOAD_PATH = "/api/upload";

export const ANSWERS: Readonly<Record<string, ApiAnswer>> = {
  "/api/x": { headers: HEADERS, body: json(747) },
  "/api/large": { headers: HEADERS, body: json(100_000) },
  [UPLOAD_PATH]: { headers: {}, body: json(24) },
  "/api/cookie": { headers: { ...HEADERS, "set-cookie": "basket=4711; Path=/; HttpOnly; Secure; SameSite=Lax" }, body: json(747) },
};
