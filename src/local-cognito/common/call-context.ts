/** What a call tells about itself while it is handled; it ends up in the call log and in the per-user limit. */
export interface CallContext {
  /** Names the auth flow, `REFRESH_TOKEN_AUTH` for instance. */
  useFlow(flow: string): void;
  /** Names the user by canonical username. Throws TooManyRequestsException when limits are on and this user's is used up. */
  identify(poolId: string, username: string): void;
}
