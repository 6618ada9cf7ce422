import type { Config } from "./config.js";

/** How long after its start a session can be refreshed: no longer than our own limit lets it live, either. */
export function refreshableMs({ cognitoRefreshTokenValidityMs, sessionMaxAgeMs }: Config): number | null {
  if (cognitoRefreshTokenValidityMs === null) return sessionMaxAgeMs;
  return sessionMaxAgeMs === null ? cognitoRefreshTokenValidityMs : Math.min(cognitoRefreshTokenValidityMs, sessionMaxAgeMs);
}
