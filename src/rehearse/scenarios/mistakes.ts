import type { Config } from "../../config/config.js";
import type { Stage } from "../stage/stage.js";
import { ANOTHER_CLIENT_ID, replaceSecret } from "./app-client.js";
import { type Caller, type Expected, outliveTokens, type Scenario } from "./scenario.js";

/* The operator's mistakes: no session may end of them, and they are told at once. */

const MISCONFIGURED: Expected = {
  kind: "problem",
  reason: "misconfigured",
  cookie: "kept",
  log: { alert: "misconfigured" },
};

/** A release with another app client, met by a session of the one before. */
async function replaceClient(stage: Stage, previous: readonly string[]): Promise<Caller> {
  const changes: Partial<Config> = { cognitoClientId: ANOTHER_CLIENT_ID, cognitoPreviousClientIds: previous };
  const proxy = await stage.addProxy(changes);
  return { browser: stage.browser.copy(proxy.addresses), proxy };
}

export const MISTAKES: readonly Scenario[] = [
  {
    name: "secret-mismatch",
    title: "COGNITO_CLIENT_SECRET is not the app client's",
    without: ({ cognitoClientSecrets }) => (cognitoClientSecrets.length === 0 ? "a public client has no secret" : null),
    async happens(stage) {
      await replaceSecret(stage, "another0secret0than0the0proxy0has");
      outliveTokens(stage);
    },
    expected: { ...MISCONFIGURED, log: { alert: "misconfigured", problem: "wrong_secret" } },
    async mends(stage) {
      await replaceSecret(stage, stage.clientSecret ?? "");
    },
    afterwards: "goes_on",
  },
  {
    name: "different-client",
    title: "COGNITO_CLIENT_ID is another app client's",
    happens: (stage) => replaceClient(stage, []),
    expected: { ...MISCONFIGURED, log: { alert: "misconfigured", problem: "a session of another user pool or app client came" } },
    afterwards: "goes_on",
  },
  {
    name: "client-replaced",
    title: "the same, announced by COGNITO_PREVIOUS_CLIENT_IDS",
    happens: (stage) => replaceClient(stage, [stage.config.cognitoClientId]),
    expected: {
      kind: "problem",
      reason: "expired",
      cause: "client_replaced",
      cookie: "kept",
      log: { reason: "expired", cause: "client_replaced" },
    },
    afterwards: "goes_on",
  },
];
