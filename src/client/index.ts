export type { Answered } from "./problem.js";
export {
  createSessionClient,
  type LoginOptions,
  type LoginOutcome,
  type LogoutOutcome,
  type SessionClient,
  type SessionClientOptions,
} from "./session-client.js";
export { SessionEndedError } from "./session-ended-error.js";
export type { CallOptions, RecoverOptions, RepeatedOptions, RepeatOptions, SessionRequestInit } from "./session-fetch.js";
export { type AnyClaims, isSignedIn, type SessionOf, type SessionState, type SessionUser, type SignedInState } from "./session-state.js";
export type { SessionEvents, SessionSocket } from "./session-streams.js";
