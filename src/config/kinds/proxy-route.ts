/** Which of the session's tokens a route's calls carry. */
export type RouteToken = "id" | "access" | "none";

/** One proxied prefix. */
export interface ProxyRoute {
  /** Starts with `/`, no trailing slash unless it is `/` alone; matches on segment boundaries. */
  readonly prefix: string;
  /** The API's base: scheme, host and an optional path that is put before the forwarded path (no trailing slash, no query). */
  readonly target: URL;
  readonly token: RouteToken;
  /** `required`: 401 without a session. `optional`: forwarded without a token then. `none`: the session is not looked at. */
  readonly session: "required" | "optional" | "none";
  /** Whether the prefix is taken off before forwarding. */
  readonly stripPrefix: boolean;
  /** Whether addresses in answers (Location, Content-Location, Refresh, Domain and Path of cookies) are put as the browser knows them. */
  readonly rewrite: boolean;
  /** Longest wait for the answer's head. */
  readonly responseHeaderTimeoutMs: number;
  /** Longest silence within an answer's body; null: no limit. */
  readonly bodyIdleTimeoutMs: number | null;
  /** Longest silence within a request's body while the browser is waited for; null: no limit. */
  readonly requestIdleTimeoutMs: number | null;
  /** Whether calls go through `HTTPS_PROXY`, where there is one. */
  readonly proxy: boolean;
  /** The Host the API sees: its own, or the one of `PUBLIC_URL`; `apiHost` says which one `auto` is. */
  readonly host: "auto" | "target" | "public";
  /** Whether `CSRF_HEADER=required` applies here. */
  readonly csrf: "inherit" | "off";
  /** `private`: answers that do not say otherwise are marked private. `upstream`: the API's Cache-Control is left as it is. */
  readonly cache: "private" | "upstream";
}
