import {
  AdminCreateUserCommand,
  AdminInitiateAuthCommand,
  AdminSetUserPasswordCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import t from "tap";
import { membersOf } from "./oauth-calls.js";
import { CLIENT_ID, DAY, EMAIL, MINUTE, PASSWORD, POOL_ID, present, running } from "./running-cognito.js";
import { callApi, publicClient, secretHash, signIn } from "./sdk-calls.js";

const CREDENTIALS = { name: "NotAuthorizedException", message: "Incorrect username or password." };

t.test("a wrong password, and an unknown user where their existence is hidden, sound the same", async (t) => {
  const { sdk } = await running(t);
  await t.rejects(signIn(sdk, CLIENT_ID, EMAIL, "wrong"), CREDENTIALS);
  await t.rejects(signIn(sdk, CLIENT_ID, "nobody@example.com"), CREDENTIALS);
  const legacy = await publicClient(sdk);
  await t.rejects(signIn(sdk, legacy, "nobody@example.com"), { name: "UserNotFoundException", message: "User does not exist." });
});

t.test("upper and lower case do not matter where the pool says so", async (t) => {
  const { sdk } = await running(t);
  await t.resolves(signIn(sdk, CLIENT_ID, EMAIL.toUpperCase()));
});

t.test("a wrong or missing SECRET_HASH, and one for a public client, are refused with their texts", async (t) => {
  const { sdk } = await running(t);
  const ClientId = await publicClient(sdk);
  const send = (clientId: string, extra: Record<string, string>) =>
    sdk.send(
      new InitiateAuthCommand({
        AuthFlow: "USER_PASSWORD_AUTH",
        ClientId: clientId,
        AuthParameters: { USERNAME: EMAIL, PASSWORD, ...extra },
      }),
    );
  await t.rejects(send(CLIENT_ID, { SECRET_HASH: "eA==" }), { message: `Unable to verify secret hash for client ${CLIENT_ID}` });
  await t.rejects(send(CLIENT_ID, {}), { message: `Client ${CLIENT_ID} is configured with secret but SECRET_HASH was not received` });
  await t.rejects(send(ClientId, { SECRET_HASH: secretHash(EMAIL) }), { message: `Unable to verify secret hash for client ${ClientId}` });
});

t.test("an administrator's user chooses a password, and then signs in with it", async (t) => {
  const { sdk } = await running(t);
  const ClientId = await publicClient(sdk);
  const created = await sdk.send(
    new AdminCreateUserCommand({
      UserPoolId: POOL_ID,
      Username: "new@example.com",
      TemporaryPassword: "Temporary-1",
      MessageAction: "SUPPRESS",
    }),
  );
  t.match(created.User?.Username, /^[0-9a-f-]{36}$/, "the canonical username is a UUID");
  t.equal(created.User?.UserStatus, "FORCE_CHANGE_PASSWORD");
  const auth = {
    AuthFlow: "USER_PASSWORD_AUTH",
    ClientId,
    AuthParameters: { USERNAME: "new@example.com", PASSWORD: "Temporary-1" },
  } as const;
  const challenge = await sdk.send(new InitiateAuthCommand(auth));
  t.equal(challenge.ChallengeName, "NEW_PASSWORD_REQUIRED");
  t.equal(challenge.AuthenticationResult, undefined);
  const respond = (password: string) =>
    sdk.send(
      new RespondToAuthChallengeCommand({
        ClientId,
        ChallengeName: "NEW_PASSWORD_REQUIRED",
        Session: challenge.Session,
        ChallengeResponses: { USERNAME: present(created.User?.Username), NEW_PASSWORD: password, "userAttributes.given_name": "Nia" },
      }),
    );
  await t.rejects(respond("short"), { name: "InvalidPasswordException" });
  t.ok((await respond("Chosen-password-2")).AuthenticationResult?.RefreshToken);
  await t.rejects(respond("Chosen-password-3"), { message: "Invalid session for the user." }, "a session is used up");
  await t.resolves(signIn(sdk, ClientId, "new@example.com", "Chosen-password-2"));
});

t.test("a challenge ends after AuthSessionValidity, a temporary password after seven days", async (t) => {
  const { sdk, clock } = await running(t);
  const ClientId = await publicClient(sdk);
  await sdk.send(new AdminSetUserPasswordCommand({ UserPoolId: POOL_ID, Username: EMAIL, Password: "Temporary-1", Permanent: false }));
  const auth = { AuthFlow: "USER_PASSWORD_AUTH", ClientId, AuthParameters: { USERNAME: EMAIL, PASSWORD: "Temporary-1" } } as const;
  const { Session } = await sdk.send(new InitiateAuthCommand(auth));
  clock.advance(3 * MINUTE);
  const ChallengeResponses = { USERNAME: EMAIL, NEW_PASSWORD: "Chosen-password-2" };
  const late = new RespondToAuthChallengeCommand({ ClientId, ChallengeName: "NEW_PASSWORD_REQUIRED", Session, ChallengeResponses });
  await t.rejects(sdk.send(late), { name: "NotAuthorizedException", message: "Invalid session for the user, session is expired." });
  clock.advance(7 * DAY);
  await t.rejects(sdk.send(new InitiateAuthCommand(auth)), { message: /^Temporary password has expired/ });
});

t.test("an administrator signs a user in with ADMIN_USER_PASSWORD_AUTH where the client allows it", async (t) => {
  const { sdk } = await running(t);
  const ClientId = await publicClient(sdk, { ExplicitAuthFlows: ["ALLOW_ADMIN_USER_PASSWORD_AUTH"] });
  const request = { UserPoolId: POOL_ID, AuthFlow: "ADMIN_USER_PASSWORD_AUTH", AuthParameters: { USERNAME: EMAIL, PASSWORD } } as const;
  t.ok((await sdk.send(new AdminInitiateAuthCommand({ ...request, ClientId }))).AuthenticationResult?.IdToken);
  await t.rejects(sdk.send(new AdminInitiateAuthCommand({ ...request, ClientId: CLIENT_ID })), {
    name: "InvalidParameterException",
    message: "ADMIN_USER_PASSWORD_AUTH flow not enabled for this client",
  });
});

t.test("flows that only Cognito offers are refused by name", async (t) => {
  const { sdk } = await running(t);
  const ClientId = await publicClient(sdk, { ExplicitAuthFlows: ["ALLOW_USER_SRP_AUTH"] });
  const auth = { AuthFlow: "USER_SRP_AUTH", ClientId, AuthParameters: { USERNAME: EMAIL, SRP_A: "1" } } as const;
  await t.rejects(sdk.send(new InitiateAuthCommand(auth)), { name: "UnsupportedOperationException" });
});

t.test("errors have Cognito's wire form: __type, message, two headers", async (t) => {
  const { cognito } = await running(t);
  const answer = await callApi(cognito.url, "InitiateAuth", { AuthFlow: "REFRESH_TOKEN_AUTH", ClientId: "nope" });
  t.equal(answer.status, 400);
  t.equal(answer.headers.get("content-type"), "application/x-amz-json-1.1");
  t.match(answer.headers.get("x-amzn-errortype"), /^ResourceNotFoundException/);
  t.match(answer.headers.get("x-amzn-requestid"), /^[0-9a-f-]{36}$/);
  t.same(await answer.json(), { __type: "ResourceNotFoundException", message: "User pool client nope does not exist." });
});

t.test("unknown operations, broken bodies, missing and mistyped members are answered, not crashed on", async (t) => {
  const { cognito } = await running(t);
  const typeOf = async (operation: string, body: unknown) => (await membersOf(await callApi(cognito.url, operation, body)))["__type"];
  t.equal(await typeOf("FlyToTheMoon", {}), "UnknownOperationException");
  t.equal(await typeOf("constructor", {}), "UnknownOperationException");
  t.equal(await typeOf("InitiateAuth", []), "SerializationException");
  t.equal(await typeOf("InitiateAuth", {}), "InvalidParameterException");
  t.equal(await typeOf("InitiateAuth", { AuthFlow: 7 }), "SerializationException");
  t.equal(
    await typeOf("InitiateAuth", { AuthFlow: "REFRESH_TOKEN_AUTH", ClientId: CLIENT_ID, AuthParameters: { SECRET_HASH: "x" } }),
    "InvalidParameterException",
  );
  const html = await fetch(cognito.url, { method: "POST", headers: { "content-type": "text/plain" }, body: "{}" });
  t.equal(html.status, 415, "a page of another site can send text/plain, and gets nowhere");
});
