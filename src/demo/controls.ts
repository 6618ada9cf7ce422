import type { FastifyInstance } from "fastify";
import { ProblemError } from "../http/problem/problem.js";

export interface DemoControlOptions {
  readonly publicUrl: string;
  readonly localCognitoUrl: string;
  readonly userPoolId: string;
  readonly user: { readonly email: string; readonly password: string };
  /** Whether there is a list of a person's sessions: with a shared store. */
  readonly listsSessions: boolean;
  /** Which demo it is: a page that outlives one starts anew with the next. */
  readonly name: string;
}

/** What the demo's buttons call on its own origin: administration that Cognito's API keeps from browsers. */
const ADMINISTRATION: Readonly<Record<string, string>> = {
  "/demo/revoke": "AdminUserGlobalSignOut",
  "/demo/disable-user": "AdminDisableUser",
  "/demo/enable-user": "AdminEnableUser",
};

export function demoControls(app: FastifyInstance, options: DemoControlOptions): void {
  const { publicUrl, localCognitoUrl, userPoolId, user, listsSessions, name } = options;
  app.get("/demo/config.json", async (_request, reply) => {
    return reply
      .header("cache-control", "no-store")
      .send({ demo: name, local_cognito: localCognitoUrl, user, lists_sessions: listsSessions });
  });
  for (const [path, operation] of Object.entries(ADMINISTRATION)) {
    app.post(path, async (request, reply) => {
      if (request.headers.origin !== publicUrl) throw new ProblemError({ reason: "csrf" });
      const answer = await fetch(localCognitoUrl, {
        method: "POST",
        headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `AWSCognitoIdentityProviderService.${operation}` },
        body: JSON.stringify({ UserPoolId: userPoolId, Username: user.email }),
      });
      return reply.code(answer.ok ? 200 : 502).send({ operation, ok: answer.ok });
    });
  }
}
