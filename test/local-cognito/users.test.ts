import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminGetUserCommand,
  AdminSetUserPasswordCommand,
  AdminUpdateUserAttributesCommand,
  CreateGroupCommand,
  CreateUserPoolCommand,
  DescribeUserPoolCommand,
  GetUserCommand,
  ListUserPoolsCommand,
  ListUsersCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import t from "tap";
import { startLocalCognito } from "../../src/local-cognito/index.js";
import { EMAIL, POOL_ID, present, running, USERNAME } from "./running-cognito.js";
import { signIn } from "./sdk-calls.js";

const POOL = { UserPoolId: POOL_ID };

t.test("a user is found by alias, canonical username and in any case", async (t) => {
  const { sdk, clock } = await running(t);
  for (const Username of [EMAIL, USERNAME, EMAIL.toUpperCase()]) {
    t.match(await sdk.send(new AdminGetUserCommand({ ...POOL, Username })), { Username: USERNAME, Enabled: true, UserStatus: "CONFIRMED" });
  }
  const user = await sdk.send(new AdminGetUserCommand({ ...POOL, Username: EMAIL }));
  t.equal(user.UserCreateDate?.getTime(), clock.now());
  t.same(user.UserAttributes?.find(({ Name }) => Name === "sub")?.Value, USERNAME);
});

t.test("GetUser shows the same to the user", async (t) => {
  const { sdk } = await running(t);
  const { AccessToken } = await signIn(sdk);
  const own = await sdk.send(new GetUserCommand({ AccessToken }));
  t.equal(own.Username, USERNAME);
  t.ok(own.UserAttributes?.some(({ Name, Value }) => Name === "email" && Value === EMAIL));
});

t.test("what AdminCreateUser refuses, by name", async (t) => {
  const { sdk } = await running(t);
  const create = (extra: { Username: string; TemporaryPassword?: string; UserAttributes?: { Name: string; Value: string }[] }) =>
    sdk.send(new AdminCreateUserCommand({ ...POOL, ...extra }));
  await t.rejects(create({ Username: EMAIL }), { name: "UsernameExistsException", message: "User account already exists" });
  await t.rejects(create({ Username: "no-address" }), { name: "InvalidParameterException", message: "Username should be an email." });
  await t.rejects(create({ Username: "a@example.com", TemporaryPassword: "allsmall1!" }), {
    name: "InvalidPasswordException",
    message: "Password did not conform with policy: Password must have uppercase characters",
  });
  const unknown = [{ Name: "favourite_colour", Value: "blue" }];
  await t.rejects(create({ Username: "a@example.com", UserAttributes: unknown }), { name: "InvalidParameterException" });
  const tooLong = [{ Name: "custom:x", Value: "x".repeat(2_049) }];
  await t.rejects(create({ Username: "a@example.com", UserAttributes: tooLong }), { name: "InvalidParameterException" });
  await t.rejects(sdk.send(new AdminCreateUserCommand({ UserPoolId: "us-east-1_Nowhere", Username: "a@example.com" })), {
    name: "ResourceNotFoundException",
    message: "User pool us-east-1_Nowhere does not exist.",
  });
});

t.test("an e-mail address has one owner; an empty value removes an attribute", async (t) => {
  const { sdk } = await running(t);
  await sdk.send(new AdminCreateUserCommand({ ...POOL, Username: "second@example.com" }));
  const update = (Name: string, Value: string) =>
    sdk.send(new AdminUpdateUserAttributesCommand({ ...POOL, Username: "second@example.com", UserAttributes: [{ Name, Value }] }));
  await t.rejects(update("email", EMAIL), { name: "AliasExistsException" });
  await t.rejects(update("sub", "x"), { name: "InvalidParameterException" });
  await update("nickname", "Sec");
  await update("nickname", "");
  const user = await sdk.send(new AdminGetUserCommand({ ...POOL, Username: "second@example.com" }));
  t.notOk(user.UserAttributes?.some(({ Name }) => Name === "nickname"));
});

t.test("users are listed by page and filter", async (t) => {
  const { sdk } = await running(t);
  await sdk.send(new AdminCreateUserCommand({ ...POOL, Username: "second@example.com" }));
  const named = async (Filter: string) => (await sdk.send(new ListUsersCommand({ ...POOL, Filter }))).Users?.length;
  t.equal(await named(`email = "${EMAIL}"`), 1);
  t.equal(await named('email ^= "sec"'), 1);
  t.equal(await named('cognito:user_status = "FORCE_CHANGE_PASSWORD"'), 1);
  t.equal(await named('status = "Enabled"'), 2);
  t.equal(await named(`sub = "${USERNAME}"`), 1);
  t.equal(await named('username = "nobody"'), 0);
  await t.rejects(named("email like x"), { name: "InvalidParameterException" });
  const first = await sdk.send(new ListUsersCommand({ ...POOL, Limit: 1, AttributesToGet: ["email"] }));
  t.same(first.Users?.[0]?.Attributes, [{ Name: "email", Value: EMAIL }]);
  const rest = await sdk.send(new ListUsersCommand({ ...POOL, PaginationToken: present(first.PaginationToken) }));
  t.equal(rest.Users?.length, 1);
});

t.test("a group exists once, and has to exist", async (t) => {
  const { sdk } = await running(t);
  const group = await sdk.send(new CreateGroupCommand({ ...POOL, GroupName: "editors", Precedence: 5 }));
  t.match(group.Group, { GroupName: "editors", UserPoolId: POOL_ID, Precedence: 5 });
  await t.rejects(sdk.send(new CreateGroupCommand({ ...POOL, GroupName: "editors" })), { name: "GroupExistsException" });
  await t.rejects(sdk.send(new AdminAddUserToGroupCommand({ ...POOL, Username: EMAIL, GroupName: "nobody" })), {
    name: "ResourceNotFoundException",
  });
});

t.test("a pool keeps what it was created with; its policy holds, and usernames stay as typed where they are no alias", async (t) => {
  const { sdk } = await running(t);
  const Policies = { PasswordPolicy: { MinimumLength: 6, RequireUppercase: false, RequireNumbers: false, RequireSymbols: false } };
  const { UserPool } = await sdk.send(new CreateUserPoolCommand({ PoolName: "simple", Policies }));
  const UserPoolId = present(UserPool?.Id);
  t.match((await sdk.send(new DescribeUserPoolCommand({ UserPoolId }))).UserPool, { Name: "simple", Policies });
  t.same(
    (await sdk.send(new ListUserPoolsCommand({ MaxResults: 10 }))).UserPools?.map(({ Id }) => Id),
    [POOL_ID, UserPoolId],
  );
  const { User } = await sdk.send(new AdminCreateUserCommand({ UserPoolId, Username: "Zoe" }));
  t.equal(User?.Username, "Zoe");
  const setPassword = (Username: string, Password: string) =>
    sdk.send(new AdminSetUserPasswordCommand({ UserPoolId, Username, Password, Permanent: true }));
  await t.resolves(setPassword("Zoe", "simple"));
  await t.rejects(setPassword("Zoe", "short"), { name: "InvalidPasswordException" });
  await t.rejects(setPassword("zoe", "simple"), { name: "UserNotFoundException" }, "case-sensitive unless told otherwise");
});

t.test("a seed that the API would refuse stops the start, and so do options that make no sense", async (t) => {
  const start = (options: Parameters<typeof startLocalCognito>[0]) => startLocalCognito({ port: 0, ...options });
  await t.rejects(start({ seed: { userPools: [{ Id: "local", PoolName: "x" }] } }), { message: /must look like/ });
  const clients = [{ ClientId: "x", ClientName: "x", AccessTokenValidity: 99 }];
  await t.rejects(start({ seed: { userPools: [{ Id: "us-east-1_Seed00001", PoolName: "x", clients }] } }), { message: /Invalid range/ });
  await t.rejects(start({ minTokenValidityMs: 10 }), RangeError);
  await t.rejects(start({ publicUrl: "nowhere" }), TypeError);
});
