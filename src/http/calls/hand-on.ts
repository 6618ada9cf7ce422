import type { Forwarder } from "../../proxy/forward.js";
import type { StripsHeader } from "../../proxy/headers/strip-headers.js";
import type { CookieWriter } from "../../store/cookies.js";
import type { Expectations } from "../connection/expectations.js";
import type { UnreadBodies } from "../connection/unread-bodies.js";
import type { Upgrades } from "../connection/upgrade.js";
import type { OpenCalls } from "./open-calls.js";

/** What a request is handed on with, to an API and to a development server alike. */
export interface HandOnOptions {
  /** Whose names say which of the browser's cookies go no further. */
  readonly cookies: CookieWriter;
  /** Which of the browser's headers nobody behind us gets. */
  readonly isStripped: StripsHeader;
  /** The Strict-Transport-Security of answers that have none of their own; null: none. */
  readonly transportSecurity: string | null;
  readonly expectations: Expectations;
  readonly unread: UnreadBodies;
  readonly upgrades: Upgrades;
  readonly forwarder: Forwarder;
  readonly open: OpenCalls;
}
