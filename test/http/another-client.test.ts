import t, { type Test } from "tap";
import type { Config } from "../../src/config/config.js";
import { Secret } from "../../src/model/secret.js";
import type { ProblemDocument } from "../../src/wire/shapes.js";
import { administer } from "../support/administration.js";
import { runAnotherServer } from "../support/another-server.js";
import { runDemo } from "../support/running-demo.js";

/** A person signed in with the demo's app client comes to a server with the same keys and another app client. */
async function afterTheChange(t: Test, change: (oldClientId: string) => Partial<Config>) {
  const demo = await runDemo(t, {
    proxyRoutes: [
      { prefix: "/api", target: "http://127.0.0.1:9" },
      { prefix: "/open", target: "http://127.0.0.1:9", session: "optional" },
    ],
  });
  const signedIn = await demo.signedIn();
  const before = demo.config;
  const { UserPoolClient } = await administer<{ UserPoolClient: { ClientId: string; ClientSecret: string } }>(
    demo,
    "CreateUserPoolClient",
    {
      ClientName: "the new one",
      GenerateSecret: true,
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthFlows: ["code"],
      AllowedOAuthScopes: ["openid", "email", "profile", "aws.cognito.signin.user.admin"],
      SupportedIdentityProviders: ["COGNITO"],
      ExplicitAuthFlows: ["ALLOW_REFRESH_TOKEN_AUTH"],
      CallbackURLs: ["http://localhost/auth/callback"],
    },
  );
  const cognitoClientSecrets = [new Secret(UserPoolClient.ClientSecret)];
  const changes = { cognitoClientId: UserPoolClient.ClientId, cognitoClientSecrets, ...change(before.cognitoClientId) };
  const another = await runAnotherServer(t, demo, { changes });
  const person = another.person();
  const ticket = signedIn.cookies.get("bff-session") ?? "";
  person.plant("bff-session", ticket);
  person.plant("bff-session.1", "12345678~1~2~left-over-of-a-longer-one");
  return { demo, another, person, ticket };
}

for (const [what, change, status, told] of [
  ["by mistake", () => ({}), 500, { reason: "misconfigured" }],
  ["on purpose", (id: string) => ({ cognitoPreviousClientIds: [id] }), 401, { reason: "expired", cause: "client_replaced" }],
] as const) {
  t.test(`another app client ${what}: ${status} with the way to sign in, the cookie kept, and a sign-in replaces it`, async (t) => {
    const { demo, another, person, ticket } = await afterTheChange(t, change);
    for (const path of ["/api/echo", "/auth/session"]) {
      const answer = await person.call(path);
      t.equal(answer.status, status);
      t.match(answer.json<ProblemDocument>(), { ...told, login_url: "/auth/login" });
    }
    t.equal(person.cookies.get("bff-session"), ticket, "a process of the release before may still serve it");
    const page = await person.visit("/auth/session");
    t.match(page.text, /href="\/auth\/login/, "the page has the button");
    const alerts = another.logLines.filter((line) => line.includes('"alert":"misconfigured"'));
    t.equal(alerts.length, status === 500 ? 1 : 0);

    await person.signIn(demo.user);
    t.not(person.cookies.get("bff-session"), ticket);
    t.equal((await person.call("/auth/session")).status, 200, "whatever chunk the old one left");
  });
}

t.test("a route that is open without a session stays open for whoever brings one of another app client", async (t) => {
  const { person } = await afterTheChange(t, () => ({}));
  t.equal((await person.call("/open/x")).json<ProblemDocument>().reason, "upstream_unreachable", "it was forwarded");
});
