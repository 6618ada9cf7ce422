import { isLoopback } from "../../model/loopback.js";
import type { AppClient } from "../app-client.js";
import { API, type Check, check, GUIDE } from "./check.js";

/** Without it the access token of a sign-in may not call GlobalSignOut. */
export const GLOBAL_SIGN_OUT_SCOPE = "aws.cognito.signin.user.admin";

/** Where the store knows all of a person's sessions. */
const ELSEWHERE_ALONE =
  "Signing out everywhere ends the person's sessions here, by the shared store; what they have with Cognito elsewhere, in other apps, goes on.";

const RESET_BY_UPDATES = [
  "CallbackURLs",
  "LogoutURLs",
  "AllowedOAuthFlows",
  "AllowedOAuthScopes",
  "SupportedIdentityProviders",
  "ExplicitAuthFlows",
  "ReadAttributes",
  "WriteAttributes",
  "DefaultRedirectURI",
] as const;

function isEmpty(value: string | readonly string[] | undefined): boolean {
  return value === undefined || value.length === 0;
}

/** Whether nothing is set but what a call names that changes one lifetime. */
function looksWiped({ settings, created, lastModified }: AppClient): boolean {
  const changed = created !== null && lastModified !== null && lastModified.getTime() > created.getTime();
  return changed && settings.AllowedOAuthFlowsUserPoolClient !== true && RESET_BY_UPDATES.every((field) => isEmpty(settings[field]));
}

/** Whether the URL is of a machine of one's own, or not encrypted. */
export function isLocal(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === "http:" || (protocol === "https:" && isLoopback(hostname));
}

function allowsCode({ settings }: AppClient): boolean {
  return settings.AllowedOAuthFlowsUserPoolClient === true && (settings.AllowedOAuthFlows ?? []).includes("code");
}

export const SIGN_IN_CHECKS: readonly Check[] = [
  check({
    id: "wiped-by-update",
    severity: "error",
    finds: "the app client was changed after it was made, and callback URLs, OAuth settings, providers and flows are all empty",
    meaning: "Nobody can sign in through managed login: Cognito shows an error page in place of its form.",
    fix: "`cognito-bff doctor undo BACKUP --field CallbackURLs …` with a backup; else set them again as they were, from your templates or CloudTrail.",
    source: `${API}/API_UpdateUserPoolClient.html`,
    needs: [],
    judge: ({ client, pool, proxy }) => {
      if (!looksWiped(client)) return null;
      const what =
        "Callback URLs, sign-out URLs, OAuth flows, scopes, providers and auth flows are all empty: as after an update that named one setting, which resets all others.";
      // A client that signs in through the API alone may never have had any of them.
      const redirects = [proxy.publicUrl, proxy.managedLogin, pool?.Domain, pool?.CustomDomain].some((known) => known);
      return { what, severity: redirects ? "error" : "warning" };
    },
  }),
  check({
    id: "code-flow-off",
    severity: "error",
    finds: "COGNITO_DOMAIN is set, and the app client does not allow the authorization code flow",
    meaning: "Nobody can sign in: managed login answers with an error.",
    fix: "Turn on the authorization code grant and the scopes of COGNITO_SCOPES in the app client's managed login settings.",
    source: `${GUIDE}/authorization-endpoint.html`,
    needs: ["managedLogin"],
    judge: ({ client }) => (allowsCode(client) ? null : { what: "The app client does not allow the authorization code flow." }),
  }),
  check({
    id: "provider-missing",
    severity: "error",
    finds: "COGNITO_DOMAIN is set, and the app client has no identity provider",
    meaning: "Managed login has nothing to sign in with.",
    fix: "Add COGNITO, or the provider that people sign in with, to SupportedIdentityProviders.",
    source: `${API}/API_CreateUserPoolClient.html`,
    needs: ["managedLogin"],
    judge: ({ client }) => (isEmpty(client.settings.SupportedIdentityProviders) ? { what: "SupportedIdentityProviders is empty." } : null),
  }),
  check({
    id: "callback-url-missing",
    severity: "error",
    finds: "the proxy's own callback is not among the callback URLs",
    meaning: "Nobody can sign in: managed login answers redirect_mismatch.",
    fix: "`cognito-bff doctor fix callback-url-missing` adds it.",
    source: `${GUIDE}/authorization-endpoint.html`,
    needs: ["callbackUrl"],
    fixable: true,
    judge: ({ client, proxy }) =>
      (client.settings.CallbackURLs ?? []).includes(proxy.callbackUrl) ? null : { what: `CallbackURLs lacks ${proxy.callbackUrl}.` },
  }),
  check({
    id: "sign-out-url-missing",
    severity: "warning",
    finds: "the proxy's own address is not among the sign-out URLs",
    meaning: "Whoever signs out ends on an error page of Cognito's, and is signed straight back in the next time.",
    fix: "`cognito-bff doctor fix sign-out-url-missing` adds it.",
    source: `${GUIDE}/logout-endpoint.html`,
    needs: ["signOutUrl"],
    fixable: true,
    judge: ({ client, proxy }) =>
      (client.settings.LogoutURLs ?? []).includes(proxy.signOutUrl) ? null : { what: `LogoutURLs lacks ${proxy.signOutUrl}.` },
  }),
  check({
    id: "local-callback",
    severity: "warning",
    finds: "callback or sign-out URLs lead to localhost or are not encrypted, and the app does not run there",
    meaning: "Whatever listens on that port of a person's machine can be handed a sign-in of this app.",
    fix: "Use an app client of its own for development; `cognito-bff doctor fix local-callback` drops them here.",
    source: "https://www.rfc-editor.org/rfc/rfc9700.html#section-2.1",
    needs: [],
    fixable: true,
    judge: ({ client, proxy }) => {
      if (proxy.publicUrl !== null && isLocal(proxy.publicUrl)) return null;
      const local = [...(client.settings.CallbackURLs ?? []), ...(client.settings.LogoutURLs ?? [])].filter(isLocal);
      return local.length === 0 ? null : { what: `CallbackURLs and LogoutURLs have ${[...new Set(local)].join(", ")}.` };
    },
  }),
  check({
    id: "implicit-flow",
    severity: "warning",
    finds: "the implicit flow is allowed",
    meaning: "Tokens can be had in an address, which histories, logs and other sites see.",
    fix: "`cognito-bff doctor fix implicit-flow` drops it; the proxy uses the code flow with PKCE.",
    source: "https://www.rfc-editor.org/rfc/rfc9700.html#section-2.1.2",
    needs: [],
    fixable: true,
    judge: ({ client }) =>
      (client.settings.AllowedOAuthFlows ?? []).includes("implicit") ? { what: "AllowedOAuthFlows has implicit." } : null,
  }),
  check({
    id: "scopes-not-allowed",
    severity: "error",
    finds: "COGNITO_SCOPES asks for scopes that the app client does not allow",
    meaning: "Nobody can sign in: managed login answers invalid_scope.",
    fix: "Allow them in the app client, or take them out of COGNITO_SCOPES.",
    source: `${GUIDE}/authorization-endpoint.html`,
    needs: ["scopes", "managedLogin"],
    judge: ({ client, proxy }) => {
      const allowed = client.settings.AllowedOAuthScopes ?? [];
      const missing = proxy.scopes.filter((scope) => !allowed.includes(scope));
      return missing.length === 0 ? null : { what: `AllowedOAuthScopes lacks ${missing.join(", ")}.` };
    },
  }),
  check({
    id: "global-sign-out-scope",
    severity: "note",
    finds: `the app client does not allow ${GLOBAL_SIGN_OUT_SCOPE}, or COGNITO_SCOPES does not ask for it`,
    meaning: "Signing out everywhere ends this session alone: other devices stay signed in.",
    fix: `\`cognito-bff doctor fix global-sign-out-scope\` allows it; add ${GLOBAL_SIGN_OUT_SCOPE} to COGNITO_SCOPES.`,
    source: `${API}/API_GlobalSignOut.html`,
    needs: ["scopes"],
    fixable: true,
    judge: ({ client, proxy }) => {
      const allowed = (client.settings.AllowedOAuthScopes ?? []).includes(GLOBAL_SIGN_OUT_SCOPE);
      const asked = proxy.scopes.includes(GLOBAL_SIGN_OUT_SCOPE);
      if (allowed && asked) return null;
      const meaning = proxy.store === "shared" ? { meaning: ELSEWHERE_ALONE } : {};
      if (allowed)
        return {
          ...meaning,
          what: `COGNITO_SCOPES lacks ${GLOBAL_SIGN_OUT_SCOPE}.`,
          fix: `Add ${GLOBAL_SIGN_OUT_SCOPE} to COGNITO_SCOPES.`,
        };
      if (!asked) return { ...meaning, what: `AllowedOAuthScopes and COGNITO_SCOPES lack ${GLOBAL_SIGN_OUT_SCOPE}.` };
      return {
        ...meaning,
        what: `AllowedOAuthScopes lacks ${GLOBAL_SIGN_OUT_SCOPE}.`,
        fix: "`cognito-bff doctor fix global-sign-out-scope`.",
      };
    },
  }),
];
