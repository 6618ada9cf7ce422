import {
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminUserGlobalSignOutCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  RevokeTokenCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import t from "tap";
import { membersOf, redeem, signInByForm } from "./oauth-calls.js";
import { CLIENT_ID, CLIENT_SECRET, EMAIL, HOUR, POOL_ID, present, running } from "./running-cognito.js";
import { publicClient, refresh, signIn } from "./sdk-calls.js";

const REVOKED = { name: "NotAuthorizedException", message: "Refresh Token has been revoked" };
const USER = { UserPoolId: POOL_ID, Username: EMAIL };
const CLIENT = { ClientId: CLIENT_ID, ClientSecret: CLIENT_SECRET };

t.test("RevokeToken ends that sign-in with its access token and no other", async (t) => {
  const { sdk } = await running(t);
  const [first, second] = [await signIn(sdk), await signIn(sdk)];
  await sdk.send(new RevokeTokenCommand({ ...CLIENT, Token: first.RefreshToken }));
  await t.rejects(refresh(sdk, first.RefreshToken), REVOKED);
  await t.rejects(sdk.send(new GetUserCommand({ AccessToken: first.AccessToken })), { message: "Access Token has been revoked" });
  await t.resolves(refresh(sdk, second.RefreshToken));
});

t.test("RevokeToken succeeds for tokens already revoked and never issued", async (t) => {
  const { sdk } = await running(t);
  const { RefreshToken } = await signIn(sdk);
  await sdk.send(new RevokeTokenCommand({ ...CLIENT, Token: RefreshToken }));
  await t.resolves(sdk.send(new RevokeTokenCommand({ ...CLIENT, Token: RefreshToken })));
  await t.resolves(sdk.send(new RevokeTokenCommand({ ...CLIENT, Token: "never.issued" })));
});

t.test("RevokeToken refuses JWTs, another client's token and a missing secret", async (t) => {
  const { sdk } = await running(t);
  const { AccessToken, RefreshToken } = await signIn(sdk);
  await t.rejects(sdk.send(new RevokeTokenCommand({ ...CLIENT, Token: AccessToken })), { name: "UnsupportedTokenTypeException" });
  const ClientId = await publicClient(sdk);
  await t.rejects(sdk.send(new RevokeTokenCommand({ ClientId, Token: RefreshToken })), { name: "UnauthorizedException" });
  await t.rejects(sdk.send(new RevokeTokenCommand({ ClientId: CLIENT_ID, Token: RefreshToken })), { name: "UnauthorizedException" });
  await t.resolves(refresh(sdk, RefreshToken));
});

t.test("RevokeToken is refused where revocation is off, whose tokens carry no jti", async (t) => {
  const { sdk } = await running(t);
  const ClientId = await publicClient(sdk, { EnableTokenRevocation: false });
  const { RefreshToken, IdToken } = await signIn(sdk, ClientId);
  await t.rejects(sdk.send(new RevokeTokenCommand({ ClientId, Token: RefreshToken })), { name: "UnsupportedOperationException" });
  t.notMatch(Buffer.from(present(IdToken.split(".")[1]), "base64url").toString(), /jti/);
});

t.test("GlobalSignOut ends all sign-ins of the user, those of managed login included", async (t) => {
  const { sdk, cognito } = await running(t);
  const byForm = await membersOf(await redeem(cognito, (await signInByForm(cognito)).code));
  const first = await signIn(sdk);
  await sdk.send(new GlobalSignOutCommand({ AccessToken: first.AccessToken }));
  await t.rejects(refresh(sdk, first.RefreshToken), REVOKED);
  await t.rejects(refresh(sdk, present(byForm["refresh_token"])), REVOKED);
  await t.rejects(sdk.send(new GlobalSignOutCommand({ AccessToken: first.AccessToken })), { message: "Access Token has been revoked" });
  await t.resolves(refresh(sdk, (await signIn(sdk)).RefreshToken), "a later sign-in is untouched");
});

t.test("GlobalSignOut needs a live access token with aws.cognito.signin.user.admin", async (t) => {
  const { sdk, cognito, clock } = await running(t);
  const { AccessToken, IdToken } = await signIn(sdk);
  const { code } = await signInByForm(cognito, { scope: "openid email" });
  const narrow = await membersOf(await redeem(cognito, code));
  const signOut = (token: string) => sdk.send(new GlobalSignOutCommand({ AccessToken: token }));
  await t.rejects(signOut(present(narrow["access_token"])), { message: "Access Token does not have required scopes" });
  await t.rejects(signOut(IdToken), { message: "Invalid Access Token" });
  await t.rejects(signOut(`${AccessToken.slice(0, -4)}AAAA`), { message: "Invalid Access Token" });
  clock.advance(HOUR);
  await t.rejects(signOut(AccessToken), { message: "Access Token has expired" });
});

t.test("AdminUserGlobalSignOut ends all sign-ins of the user", async (t) => {
  const { sdk } = await running(t);
  const { RefreshToken } = await signIn(sdk);
  await sdk.send(new AdminUserGlobalSignOutCommand(USER));
  await t.rejects(refresh(sdk, RefreshToken), REVOKED);
});

t.test("a disabled user is disabled, and revoked once enabled again", async (t) => {
  const { sdk } = await running(t);
  const { RefreshToken } = await signIn(sdk);
  await sdk.send(new AdminDisableUserCommand(USER));
  await t.rejects(refresh(sdk, RefreshToken), { name: "NotAuthorizedException", message: "User is disabled." });
  await t.rejects(signIn(sdk), { name: "NotAuthorizedException", message: "User is disabled." });
  await sdk.send(new AdminEnableUserCommand(USER));
  await t.rejects(refresh(sdk, RefreshToken), REVOKED);
  await t.resolves(signIn(sdk));
});
