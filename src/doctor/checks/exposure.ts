import { type Check, check, GUIDE } from "./check.js";

export const EXPOSURE_CHECKS: readonly Check[] = [
  check({
    id: "public-client",
    severity: "warning",
    finds: "the app client has no secret",
    meaning: "Whoever copies a refresh token can use it from anywhere: nothing binds it to the proxy.",
    fix: "Make a new app client with a secret (a public one cannot get one) and name the old one in COGNITO_PREVIOUS_CLIENT_IDS.",
    source: "https://www.rfc-editor.org/rfc/rfc10017.html",
    needs: [],
    judge: ({ client, proxy }) => {
      if (client.hasSecret) return null;
      // COGNITO_PUBLIC_CLIENT=true in a whole configuration: somebody has decided it.
      const decided = proxy.confidential === false;
      return { what: "The app client has no secret; a BFF must be a confidential client.", severity: decided ? "note" : "warning" };
    },
  }),
  check({
    id: "secret-mismatch",
    severity: "error",
    finds: "the app client has a secret and the proxy none, or the other way round",
    meaning: "Nobody can sign in, and no session is refreshed: calls fail with 500.",
    fix: "Set COGNITO_CLIENT_SECRET to the app client's secret, or take it out.",
    source: `${GUIDE}/user-pool-settings-client-apps.html`,
    needs: ["confidential"],
    judge: ({ client, proxy }) => {
      if (client.hasSecret === proxy.confidential) return null;
      return {
        what: client.hasSecret
          ? "The app client has a secret, COGNITO_CLIENT_SECRET is not set."
          : "COGNITO_CLIENT_SECRET is set, the app client has no secret.",
      };
    },
  }),
  check({
    id: "token-revocation-off",
    severity: "warning",
    finds: "EnableTokenRevocation is off",
    meaning: "Signing out does not end the refresh token: whoever copied it before stays signed in until it expires.",
    fix: "`cognito-bff doctor fix token-revocation-off`.",
    source: `${GUIDE}/token-revocation.html`,
    needs: [],
    fixable: true,
    judge: ({ client }) => (client.settings.EnableTokenRevocation === true ? null : { what: "EnableTokenRevocation is off." }),
  }),
  check({
    id: "user-existence-errors",
    severity: "warning",
    finds: "PreventUserExistenceErrors is LEGACY, which is the API's default",
    meaning: "Anybody can find out who has an account here, by trying e-mail addresses.",
    fix: "`cognito-bff doctor fix user-existence-errors`.",
    source: `${GUIDE}/cognito-user-pool-managing-errors.html`,
    needs: [],
    fixable: true,
    judge: ({ client }) => {
      const { PreventUserExistenceErrors: given } = client.settings;
      return given === "ENABLED" ? null : { what: `PreventUserExistenceErrors is ${given ?? "not set, which means LEGACY"}.` };
    },
  }),
  check({
    id: "user-context-not-propagated",
    severity: "warning",
    finds: "EnablePropagateAdditionalUserContextData is off, for a client with a secret",
    meaning:
      "Nobody who calls Cognito's API with this client can tell it people's own addresses: to threat protection all of them have one, and it may refuse them all. Managed login collects people's own by itself; the refreshes of this proxy carry none yet.",
    fix: "`cognito-bff doctor fix user-context-not-propagated`.",
    source: `${GUIDE}/user-pool-settings-viewing-threat-protection-app.html`,
    needs: [],
    fixable: true,
    judge: ({ client, pool }) => {
      if (!client.hasSecret || client.settings.EnablePropagateAdditionalUserContextData === true) return null;
      const mode = pool?.UserPoolAddOns?.AdvancedSecurityMode;
      const watched = mode === "AUDIT" || mode === "ENFORCED";
      return {
        what: `EnablePropagateAdditionalUserContextData is off${watched ? `, and threat protection is ${mode}` : ""}.`,
        severity: watched ? "warning" : "note",
      };
    },
  }),
];
