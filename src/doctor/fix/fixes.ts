import type { ClientSettings } from "../app-client.js";
import { GLOBAL_SIGN_OUT_SCOPE, isLocal } from "../checks/sign-in.js";

/** What a fix has to know besides the settings. */
export interface FixSurroundings {
  /** Where the proxy stands; null while PUBLIC_URL is not known. */
  readonly app: { readonly callbackUrl: string; readonly signOutUrl: string } | null;
  readonly hasSecret: boolean;
}

/** The settings with the fix in them, or why it cannot be made. */
export type Fixed =
  | { readonly kind: "settings"; readonly settings: ClientSettings }
  | { readonly kind: "impossible"; readonly why: string };

export interface Fix {
  /** The finding's. */
  readonly id: string;
  /** What it does, for `--help`. */
  readonly does: string;
  readonly apply: (settings: ClientSettings, surroundings: FixSurroundings) => Fixed;
}

function fixed(settings: ClientSettings): Fixed {
  return { kind: "settings", settings };
}

function impossible(why: string): Fixed {
  return { kind: "impossible", why };
}

const NO_APP = "it has to know where the proxy is reached: set PUBLIC_URL";

function including(list: readonly string[] | undefined, entry: string): string[] {
  return [...new Set([...(list ?? []), entry])];
}

function withoutLocalAddresses(settings: ClientSettings): Fixed {
  const { CallbackURLs = [], LogoutURLs = [], DefaultRedirectURI } = settings;
  const callbacks = CallbackURLs.filter((address) => !isLocal(address));
  if (callbacks.length === 0) return impossible("no callback URL would be left; add the deployed app's first");
  if (DefaultRedirectURI !== undefined && isLocal(DefaultRedirectURI)) {
    return impossible("DefaultRedirectURI is such an address itself; set another one first");
  }
  return fixed({ ...settings, CallbackURLs: callbacks, LogoutURLs: LogoutURLs.filter((address) => !isLocal(address)) });
}

const LONGEST_GRACE_SECONDS = 60;

export const FIXES: readonly Fix[] = [
  {
    id: "token-revocation-off",
    does: "turns token revocation on, so that signing out ends the refresh token",
    apply: (settings) => fixed({ ...settings, EnableTokenRevocation: true }),
  },
  {
    id: "user-existence-errors",
    does: "answers alike for users that exist and users that do not",
    apply: (settings) => fixed({ ...settings, PreventUserExistenceErrors: "ENABLED" }),
  },
  {
    id: "user-context-not-propagated",
    does: "lets the proxy name people's own addresses to threat protection",
    apply: (settings, { hasSecret }) =>
      hasSecret
        ? fixed({ ...settings, EnablePropagateAdditionalUserContextData: true })
        : impossible("Cognito offers it to clients with a secret alone"),
  },
  {
    id: "callback-url-missing",
    does: "adds the proxy's callback to the callback URLs",
    apply: (settings, { app }) =>
      app === null ? impossible(NO_APP) : fixed({ ...settings, CallbackURLs: including(settings.CallbackURLs, app.callbackUrl) }),
  },
  {
    id: "sign-out-url-missing",
    does: "adds the proxy's address to the sign-out URLs",
    apply: (settings, { app }) =>
      app === null ? impossible(NO_APP) : fixed({ ...settings, LogoutURLs: including(settings.LogoutURLs, app.signOutUrl) }),
  },
  {
    id: "implicit-flow",
    does: "drops the implicit flow, which puts tokens into addresses",
    apply: (settings) => {
      const left = settings.AllowedOAuthFlows?.filter((flow) => flow !== "implicit") ?? [];
      return fixed({ ...settings, AllowedOAuthFlows: left.length === 0 ? ["code"] : left });
    },
  },
  {
    id: "local-callback",
    does: "drops callback and sign-out URLs of localhost and of plain http",
    apply: withoutLocalAddresses,
  },
  {
    id: "global-sign-out-scope",
    does: "allows the scope that signing out everywhere needs",
    apply: (settings) => fixed({ ...settings, AllowedOAuthScopes: including(settings.AllowedOAuthScopes, GLOBAL_SIGN_OUT_SCOPE) }),
  },
  {
    id: "rotation-grace",
    does: "gives a rotated refresh token the longest grace, 60 s, for answers that are lost",
    apply: (settings) =>
      settings.RefreshTokenRotation?.Feature === "ENABLED"
        ? fixed({ ...settings, RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: LONGEST_GRACE_SECONDS } })
        : impossible("refresh token rotation is off"),
  },
];

/** The fix of a finding, or why there is none. */
export function findFix(id: string): { readonly kind: "fix"; readonly fix: Fix } | { readonly kind: "none"; readonly why: string } {
  const fix = FIXES.find((each) => each.id === id);
  if (fix !== undefined) return { kind: "fix", fix };
  // How long people shall stay signed in is nothing that a program can know.
  if (/^refresh-|^token-outlives-refresh$/.test(id))
    return { kind: "none", why: `${id}: say how long it shall be, with --refresh-validity 30d` };
  return { kind: "none", why: `${id}: there is no fix for it; there are ${FIXES.map((each) => each.id).join(", ")}` };
}

/** Applies fixes one after another; impossible as soon as one of them is, with the reasons of all. */
export function applyFixes(settings: ClientSettings, fixes: readonly Fix[], surroundings: FixSurroundings): Fixed {
  let current = settings;
  const reasons: string[] = [];
  for (const fix of fixes) {
    const outcome = fix.apply(current, surroundings);
    if (outcome.kind === "impossible") reasons.push(`${fix.id}: ${outcome.why}`);
    else current = outcome.settings;
  }
  return reasons.length === 0 ? fixed(current) : impossible(reasons.join("; "));
}
