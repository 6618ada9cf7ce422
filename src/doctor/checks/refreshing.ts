import type { ClientSettings } from "../app-client.js";
import { API, type Check, check, GUIDE } from "./check.js";

// What holds when ExplicitAuthFlows is left out (API reference, CreateUserPoolClient).
const DEFAULT_FLOWS: readonly string[] = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"];

const KNOWN_FLOWS: ReadonlySet<string> = new Set([
  ...DEFAULT_FLOWS,
  "ALLOW_ADMIN_USER_PASSWORD_AUTH",
  "ALLOW_USER_AUTH",
  "ALLOW_USER_PASSWORD_AUTH",
  // The names before ALLOW_, which old clients still have.
  "ADMIN_NO_SRP_AUTH",
  "CUSTOM_AUTH_FLOW_ONLY",
  "USER_PASSWORD_AUTH",
]);

function flowsOf({ ExplicitAuthFlows }: ClientSettings): readonly string[] {
  return ExplicitAuthFlows === undefined || ExplicitAuthFlows.length === 0 ? DEFAULT_FLOWS : ExplicitAuthFlows;
}

function rotates({ RefreshTokenRotation }: ClientSettings): boolean {
  return RefreshTokenRotation?.Feature === "ENABLED";
}

function graceSeconds({ RefreshTokenRotation }: ClientSettings): number {
  return RefreshTokenRotation?.RetryGracePeriodSeconds ?? 0;
}

/** How long the proxy itself goes on asking for one refresh, with a margin: src/session/refresh/refresh-attempts.ts. */
const RETRY_WINDOW_SECONDS = 10;

export const REFRESH_CHECKS: readonly Check[] = [
  check({
    id: "refresh-api-refused",
    severity: "error",
    finds: "COGNITO_REFRESH_API is `initiate_auth`, and the app client rotates refresh tokens or does not allow REFRESH_TOKEN_AUTH",
    meaning: "No session is ever refreshed: calls fail with 500 once the first token has expired.",
    fix: "Leave COGNITO_REFRESH_API out (`auto`), or set `get_tokens`.",
    source: `${GUIDE}/amazon-cognito-user-pools-using-the-refresh-token.html`,
    needs: ["refreshApi"],
    judge: ({ client, proxy }) => {
      const refused = rotates(client.settings)
        ? "the app client rotates refresh tokens, which InitiateAuth cannot"
        : flowsOf(client.settings).includes("ALLOW_REFRESH_TOKEN_AUTH")
          ? null
          : "the app client does not allow ALLOW_REFRESH_TOKEN_AUTH";
      return proxy.refreshApi !== "initiate_auth" || refused === null
        ? null
        : { what: `COGNITO_REFRESH_API is initiate_auth, and ${refused}.` };
    },
  }),
  check({
    id: "rotation-refresh-flow",
    severity: "note",
    finds: "refresh token rotation is on while REFRESH_TOKEN_AUTH is allowed, too",
    meaning: "Nothing for people; whoever still refreshes with InitiateAuth, an old app for instance, is refused.",
    fix: "Take ALLOW_REFRESH_TOKEN_AUTH out of ExplicitAuthFlows once nothing uses it; the proxy needs GetTokensFromRefreshToken alone.",
    source: `${GUIDE}/amazon-cognito-user-pools-using-the-refresh-token.html`,
    needs: [],
    judge: ({ client }) =>
      rotates(client.settings) && flowsOf(client.settings).includes("ALLOW_REFRESH_TOKEN_AUTH")
        ? { what: "Refresh tokens are rotated, and ALLOW_REFRESH_TOKEN_AUTH is allowed, which cannot be used with it." }
        : null,
  }),
  check({
    id: "rotation-grace",
    severity: "warning",
    finds: `refresh token rotation is on with RetryGracePeriodSeconds 0, or below ${RETRY_WINDOW_SECONDS}`,
    meaning:
      "An answer of Cognito's that is lost on the way, or two processes that refresh at once, use up the token: that person is signed out, though nothing expired.",
    fix: "`cognito-bff doctor fix rotation-grace` sets 60 seconds, the longest.",
    source: `${API}/API_RefreshTokenRotationType.html`,
    needs: [],
    fixable: true,
    judge: ({ client, replicas, proxy }) => {
      const grace = graceSeconds(client.settings);
      if (!rotates(client.settings) || grace >= RETRY_WINDOW_SECONDS) return null;
      // There one of them asks, however many there are.
      if (proxy.store === "shared")
        return {
          what: `Refresh tokens are rotated with a grace period of ${grace} seconds.`,
          meaning:
            "An answer of Cognito's that is lost on the way, or a process that dies with it, uses up the token: that person is signed out, though nothing expired.",
        };
      const what = `Refresh tokens are rotated with a grace period of ${grace} seconds${replicas !== null && replicas > 1 ? `, and there are ${replicas} processes` : ""}.`;
      return { what, severity: replicas !== null && replicas > 1 ? "error" : "warning" };
    },
  }),
  check({
    id: "rotation-cookie-store",
    severity: "warning",
    finds: "refresh token rotation is on, sessions live in the cookie, and there may be several processes",
    meaning:
      "Processes use up each other's refresh tokens: people are signed out at random moments, the more often the more tabs they have.",
    fix: "Keep sessions in a store that all processes share (SESSION_STORE, docs/scaling.md), run one process (`--replicas 1` says so here), or turn rotation off: with a confidential client the token never leaves the server.",
    source: "docs/configuration.md",
    needs: ["store"],
    judge: ({ client, replicas, proxy }) =>
      rotates(client.settings) && replicas !== 1 && proxy.store === "cookie"
        ? { what: `Refresh tokens are rotated, and SESSION_STORE is cookie${replicas === null ? "" : ` with ${replicas} processes`}.` }
        : null,
  }),
  check({
    id: "device-remembering",
    severity: "warning",
    finds: "the user pool remembers devices",
    meaning:
      'A refresh without the key of a confirmed device fails with "Invalid Refresh Token": people who signed in through the API lose their session at its first refresh.',
    fix: "Turn device tracking off in the user pool (UpdateUserPool resets what it is not given, too: use the console), or sign in through managed login alone, which has no devices.",
    source: `${GUIDE}/amazon-cognito-user-pools-device-tracking.html`,
    needs: ["pool"],
    judge: ({ pool }) => {
      if (pool.DeviceConfiguration === undefined) return null;
      const always = pool.DeviceConfiguration.DeviceOnlyRememberedOnUserPrompt !== true;
      return { what: `The user pool remembers devices, ${always ? "always" : "where a person agrees"}.` };
    },
  }),
  check({
    id: "session-eviction",
    severity: "warning",
    finds: "the user pool tracks sessions and allows fewer than 10 a person (MaxPerUser)",
    meaning:
      "Each sign-in beyond that number ends the session that was used least recently, without a word: somebody with a laptop, a phone and three browsers is signed out on one by signing in on another.",
    fix: "Raise MaxPerUser (SetUserPoolSessionConfiguration, up to 100), or turn session tracking off.",
    source: `${API}/API_SetUserPoolSessionConfiguration.html`,
    needs: ["poolSessions"],
    judge: ({ poolSessions }) => {
      const { UserSessionTracking, TokenSession } = poolSessions;
      if (UserSessionTracking !== "ENABLED") return null;
      const most = TokenSession?.MaxPerUser ?? 20;
      return { what: `The user pool tracks sessions and allows ${most} a person.`, severity: most < 10 ? "warning" : "note" };
    },
  }),
  check({
    id: "unknown-flow",
    severity: "note",
    finds: "ExplicitAuthFlows has a name that this release does not know",
    meaning: "Nothing for people. `doctor fix` and `doctor undo` send it back as it stands.",
    fix: "Look it up in AWS's documentation; a newer release of cognito-bff may know it.",
    source: `${API}/API_CreateUserPoolClient.html`,
    needs: [],
    aboutPeople: false,
    judge: ({ client }) => {
      const unknown = (client.settings.ExplicitAuthFlows ?? []).filter((flow) => !KNOWN_FLOWS.has(flow));
      return unknown.length === 0 ? null : { what: `ExplicitAuthFlows has ${unknown.join(", ")}, which this release does not know.` };
    },
  }),
  check({
    id: "unknown-fields",
    severity: "warning",
    finds: "the app client has settings that this release does not know",
    meaning: "Nothing yet. An update would reset them, so `doctor fix` and `doctor undo` refuse to write.",
    fix: "Use a newer release of cognito-bff, or make the change in the console.",
    source: `${API}/API_UpdateUserPoolClient.html`,
    needs: [],
    aboutPeople: false,
    judge: ({ client }) =>
      client.unknownFields.length === 0
        ? null
        : { what: `The app client has settings that this release does not know: ${client.unknownFields.join(", ")}.` },
  }),
];
