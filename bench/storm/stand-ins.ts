import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { secretHash } from "../../src/cognito/secret-hash.js";
import { DEFAULT_SEED, defaultSeed, type FaultPlan, type LocalCognito, startLocalCognito } from "../../src/local-cognito/index.js";
import { Secret } from "../../src/model/secret.js";

/*
 * Local Cognito and the API, in a process of their own: what they cost is nobody else's time.
 */

/** Refresh tokens of Cognito's that are used once; one that is used again within the grace period is answered all the same. */
export type Rotation = { readonly kind: "off" } | { readonly kind: "on"; readonly graceSeconds: number };

export interface StandInsOptions {
  readonly publicUrl: string;
  /** So many people, each with an account. */
  readonly people: number;
}

export type Order =
  /** Signs everybody in anew. */
  | { readonly order: "sign in"; readonly rotation: Rotation; readonly count: number }
  | { readonly order: "faults"; readonly plans: readonly FaultPlan[] }
  /** What was called so far does not count. */
  | { readonly order: "forget" }
  | { readonly order: "figures" };

export interface SignedIn {
  readonly subject: string;
  readonly refreshToken: string;
}

export interface StandInsFigures {
  /** Refreshes that Cognito has made, whether its answer arrived or not. */
  readonly refreshes: number;
  /** What it answered instead, by name. */
  readonly refused: Readonly<Record<string, number>>;
  /** When each request for a refresh arrived, in milliseconds. */
  readonly arrivals: readonly number[];
  /** Calls that reached the API with a token that had ended. */
  readonly dead: number;
}

export type Told =
  | { readonly told: "addresses"; readonly cognitoUrl: string; readonly apiUrl: string }
  | { readonly told: "done" }
  | Answers;
type Answers =
  | { readonly told: "signed in"; readonly people: readonly SignedIn[] }
  | { readonly told: "figures"; readonly figures: StandInsFigures };

const PASSWORD = "Storm-password-1";
const SIGN_INS_AT_A_TIME = 16;
/** The same as the product's; local Cognito knows both. */
export const REFRESH_OPERATION = "GetTokensFromRefreshToken";
/** Faults after which a refresh has taken effect all the same. */
const TOOK_EFFECT = new Set(["ok", "reset_after", "latency"]);

const emailOf = (index: number) => `person-${index}@example.com`;
/** A UUID as Cognito's subjects are, the same in every run. */
const subjectOf = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;

async function startCognito({ publicUrl, people }: StandInsOptions): Promise<LocalCognito> {
  const [pool] = defaultSeed({ publicUrl }).userPools;
  const users = Array.from({ length: people }, (_, index) => ({
    Username: emailOf(index),
    Password: PASSWORD,
    Sub: subjectOf(index),
    UserAttributes: [{ Name: "email_verified", Value: "true" }],
  }));
  return startLocalCognito({ port: 0, seed: { userPools: [{ ...pool, groups: [], users }] } });
}

async function ask<Answer>(cognito: LocalCognito, operation: string, body: object): Promise<Answer> {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `AWSCognitoIdentityProviderService.${operation}` };
  const answer = await fetch(cognito.url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${operation}: ${await answer.text()}`);
  return (await answer.json()) as Answer;
}

async function rotate(cognito: LocalCognito, rotation: Rotation): Promise<void> {
  const [{ clients }] = defaultSeed({ publicUrl: "http://localhost" }).userPools;
  const { ClientSecret: _, ExplicitAuthFlows: __, ...settings } = clients[0];
  const [feature, grace, flow] =
    rotation.kind === "on" ? ["ENABLED", rotation.graceSeconds, []] : ["DISABLED", 0, ["ALLOW_REFRESH_TOKEN_AUTH"]];
  await ask(cognito, "UpdateUserPoolClient", {
    ...settings,
    UserPoolId: DEFAULT_SEED.userPoolId,
    ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH", ...flow],
    RefreshTokenRotation: { Feature: feature, RetryGracePeriodSeconds: grace },
  });
}

async function signIn(cognito: LocalCognito, index: number): Promise<SignedIn> {
  const { clientId, clientSecret } = DEFAULT_SEED;
  const parameters = {
    USERNAME: emailOf(index),
    PASSWORD,
    SECRET_HASH: secretHash(new Secret(clientSecret), emailOf(index), clientId),
  };
  const request = { AuthFlow: "USER_PASSWORD_AUTH", ClientId: clientId, AuthParameters: parameters };
  const answer = await ask<{ AuthenticationResult: { RefreshToken: string } }>(cognito, "InitiateAuth", request);
  return { subject: subjectOf(index), refreshToken: answer.AuthenticationResult.RefreshToken };
}

async function signAllIn(cognito: LocalCognito, rotation: Rotation, count: number): Promise<readonly SignedIn[]> {
  cognito.faults.clear();
  await rotate(cognito, rotation);
  const people: SignedIn[] = [];
  for (let from = 0; from < count; from += SIGN_INS_AT_A_TIME) {
    const some = Array.from({ length: Math.min(SIGN_INS_AT_A_TIME, count - from) }, (_, at) => signIn(cognito, from + at));
    people.push(...(await Promise.all(some)));
  }
  return people;
}

function refreshFigures(cognito: LocalCognito): Omit<StandInsFigures, "dead"> {
  const calls = cognito.calls.list(REFRESH_OPERATION);
  const refused: Record<string, number> = {};
  for (const { outcome } of calls) if (!TOOK_EFFECT.has(outcome)) refused[outcome] = (refused[outcome] ?? 0) + 1;
  return {
    refreshes: calls.filter(({ outcome }) => TOOK_EFFECT.has(outcome)).length,
    refused,
    arrivals: calls.map(({ at }) => Date.parse(at)),
  };
}

/** Answers whoever comes, and counts tokens that had ended. */
function api(dead: () => void): RequestListener {
  return (request, response) => {
    const [, claims = ""] = (request.headers.authorization ?? "").split(".");
    const { exp = 0 } = JSON.parse(Buffer.from(claims, "base64url").toString() || "{}") as { exp?: number };
    if (exp * 1000 <= Date.now()) dead();
    request.resume();
    response.writeHead(200, { "content-type": "text/plain", "content-length": 2 }).end("ok");
  };
}

async function serve(options: StandInsOptions, tell: (told: Told) => void): Promise<void> {
  let dead = 0;
  const cognito = await startCognito(options);
  const server = createServer(
    { keepAliveTimeout: 120_000 },
    api(() => (dead += 1)),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  process.on("message", async (order: Order) => {
    switch (order.order) {
      case "sign in":
        return tell({ told: "signed in", people: await signAllIn(cognito, order.rotation, order.count) });
      case "faults":
        cognito.faults.clear();
        for (const plan of order.plans) cognito.faults.add(plan);
        return tell({ told: "done" });
      case "forget":
        dead = 0;
        cognito.calls.clear();
        return tell({ told: "done" });
      case "figures":
        return tell({ told: "figures", figures: { ...refreshFigures(cognito), dead } });
    }
  });
  process.on("disconnect", () => process.exit(0));
  tell({ told: "addresses", cognitoUrl: cognito.url, apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

// Imported by the storm it is only its types.
if (process.send) await serve(JSON.parse(process.env["STAND_INS"] ?? "{}") as StandInsOptions, (told) => process.send?.(told));
