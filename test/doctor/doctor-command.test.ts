import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  CreateUserPoolDomainCommand,
  SetUserPoolMfaConfigCommand,
  SetUserPoolSessionConfigurationCommand,
  UpdateUserPoolClientCommand,
  type UpdateUserPoolClientCommandInput,
} from "@aws-sdk/client-cognito-identity-provider";
import t from "tap";
import { type DoctorOptions, doctor } from "../../src/commands/doctor/doctor.js";
import { CLIENT_ID, CLIENT_SECRET, POOL_ID, present, running } from "../local-cognito/running-cognito.js";
import { signIn } from "../local-cognito/sdk-calls.js";
import { answering } from "./opened-admin.js";

interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
  readonly pauses: number;
  readonly progress: readonly string[];
}

/** Runs the command in this process, with an environment of its own. */
async function run(env: Readonly<Record<string, string>>, options: DoctorOptions = {}, colours = false): Promise<Ran> {
  const written = { out: "", err: "" };
  let pauses = 0;
  const progress: string[] = [];
  const output = {
    progress: (text: string) => void progress.push(text),
    out(text: string) {
      written.out += text;
    },
    err(text: string) {
      written.err += text;
    },
    colours,
  };
  const exitCode = await doctor(env, options, output, async () => void pauses++);
  return { exitCode, ...written, pauses, progress };
}

const NAMES = { COGNITO_USER_POOL_ID: POOL_ID, COGNITO_CLIENT_ID: CLIENT_ID };

/** Everything about the default client that no check says anything about. */
const SOUND: Omit<UpdateUserPoolClientCommandInput, "RefreshTokenValidity" | "TokenValidityUnits"> = {
  UserPoolId: POOL_ID,
  ClientId: CLIENT_ID,
  AccessTokenValidity: 1,
  IdTokenValidity: 1,
  CallbackURLs: ["https://app.example.com/auth/callback"],
  LogoutURLs: ["https://app.example.com/"],
  AllowedOAuthFlowsUserPoolClient: true,
  AllowedOAuthFlows: ["code"],
  AllowedOAuthScopes: ["openid", "email", "profile", "aws.cognito.signin.user.admin"],
  SupportedIdentityProviders: ["COGNITO"],
  ExplicitAuthFlows: ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH"],
  PreventUserExistenceErrors: "ENABLED",
  EnableTokenRevocation: true,
  EnablePropagateAdditionalUserContextData: true,
};

async function refreshLives(
  sdk: CognitoIdentityProviderClient,
  RefreshTokenValidity: number,
  RefreshToken: "hours" | "days",
): Promise<void> {
  const TokenValidityUnits = { AccessToken: "hours", IdToken: "hours", RefreshToken } as const;
  await sdk.send(new UpdateUserPoolClientCommand({ ...SOUND, RefreshTokenValidity, TokenValidityUnits }));
}

t.test("a client of 30 hours: the unit smell comes first, the exit code is 1, and the secret is nowhere", async (t) => {
  const { cognito, sdk } = await running(t);
  await refreshLives(sdk, 30, "hours");
  const env = { ...NAMES, COGNITO_ENDPOINT: cognito.url };
  const { exitCode, out, err } = await run(env, { publicUrl: "https://app.example.com" });
  t.equal(exitCode, 1);
  t.equal(err, "");
  t.match(out, /refresh token {2}30 hours \(1 day 6 hours\), 108,000 seconds/);
  t.match(out, /^\nERROR {2}refresh-unit-smell$/m);
  t.equal(/^[A-Z]+ {2}([a-z-]+)$/m.exec(out)?.[1], "refresh-unit-smell");
  t.match(out.replaceAll(/\s+/g, " "), "Everyone who signed in on Monday at nine is out on Tuesday at three: 30 hours, not 30 days.");
  t.match(out, "cognito-bff doctor fix --refresh-validity 30d");
  t.ok(
    out.split("\n").every((line) => line.length <= 80),
    "80 columns",
  );
  t.notMatch(out, CLIENT_SECRET);
  const json = await run(env, { json: true });
  t.equal(json.exitCode, 1);
  t.notMatch(json.out, CLIENT_SECRET);
  t.match(JSON.parse(json.out), {
    user_pool_id: POOL_ID,
    client_id: CLIENT_ID,
    lifetimes: { refresh_token: { value: 30, unit: "hours", seconds: 108_000 }, access_token: { seconds: 3_600 } },
    findings: [{ id: "refresh-unit-smell", severity: "error" }],
    fail_on: "warning",
  });
});

t.test("a sound client is clean: 0, and 0 whatever the policy that it keeps", async (t) => {
  const { cognito, sdk } = await running(t);
  await refreshLives(sdk, 30, "days");
  const env = {
    ...NAMES,
    COGNITO_ENDPOINT: cognito.url,
    PUBLIC_URL: "https://app.example.com",
    COGNITO_SCOPES: "openid email aws.cognito.signin.user.admin",
  };
  const { exitCode, out } = await run(env, { policy: "30d" });
  t.equal(exitCode, 0, out);
  t.match(out, /^1 note\.$/m);
  t.match(out, /proxy-configuration/, "which names what is not set here");
  const short = await run(env, { policy: "saas" });
  t.equal(short.exitCode, 0);
  t.equal((await run(env, { policy: "banking" })).exitCode, 1);
  t.equal((await run(env, { policy: "banking", failOn: "error" })).exitCode, 0);
  t.equal((await run(env, { failOn: "note" })).exitCode, 1);
  t.equal((await run(env, { failOn: "never", policy: "banking" })).exitCode, 0);
});

t.test("after the short update that articles advise, the doctor says what it wiped", async (t) => {
  const { cognito, sdk, clock } = await running(t);
  await refreshLives(sdk, 30, "hours");
  clock.advance(1_000);
  await sdk.send(new UpdateUserPoolClientCommand({ UserPoolId: POOL_ID, ClientId: CLIENT_ID, RefreshTokenValidity: 30 }));
  const env = {
    ...NAMES,
    COGNITO_ENDPOINT: cognito.url,
    PUBLIC_URL: "https://app.example.com",
    COGNITO_DOMAIN: "https://auth.example.com",
  };
  const { findings } = JSON.parse((await run(env, { json: true })).out) as { findings: { id: string }[] };
  const ids = findings.map(({ id }) => id);
  t.notOk(ids.includes("refresh-unit-smell"));
  for (const id of [
    "wiped-by-update",
    "callback-url-missing",
    "sign-out-url-missing",
    "code-flow-off",
    "provider-missing",
    "scopes-not-allowed",
  ])
    t.ok(ids.includes(id), id);
});

t.test("the pool around it is looked at: devices, evicted sessions, passkeys", async (t) => {
  const { cognito, sdk } = await running(t);
  await refreshLives(sdk, 30, "days");
  await sdk.send(
    new SetUserPoolSessionConfigurationCommand({ UserPoolId: POOL_ID, UserSessionTracking: "ENABLED", TokenSession: { MaxPerUser: 2 } }),
  );
  await sdk.send(new SetUserPoolMfaConfigCommand({ UserPoolId: POOL_ID, WebAuthnConfiguration: { RelyingPartyId: "auth.example.com" } }));
  const { out } = await run({ ...NAMES, COGNITO_ENDPOINT: cognito.url, PUBLIC_URL: "https://app.example.com" });
  t.match(out, /^WARNING {2}session-eviction\n {2}The user pool tracks sessions and allows 2 a person\.$/m);
  t.match(out, /^WARNING {2}passkey-relying-party$/m);
});

t.test("COGNITO_DOMAIN is held against the domains that there are", async (t) => {
  const { cognito, sdk } = await running(t);
  await refreshLives(sdk, 30, "days");
  const { UserPool } = await sdk.send(new CreateUserPoolCommand({ PoolName: "other" }));
  await sdk.send(new CreateUserPoolDomainCommand({ UserPoolId: present(UserPool?.Id), Domain: "other" }));
  await sdk.send(new CreateUserPoolDomainCommand({ UserPoolId: POOL_ID, Domain: "shop" }));
  const env = { ...NAMES, COGNITO_ENDPOINT: cognito.url, PUBLIC_URL: "https://app.example.com" };
  const idsWith = async (prefix: string) => {
    const COGNITO_DOMAIN = `https://${prefix}.auth.us-east-1.amazoncognito.com`;
    const { findings } = JSON.parse((await run({ ...env, COGNITO_DOMAIN }, { json: true })).out) as { findings: { id: string }[] };
    return findings.map(({ id }) => id).filter((id) => id.startsWith("domain-"));
  };
  t.same(await idsWith("shop"), []);
  t.same(await idsWith("other"), ["domain-foreign"]);
  t.same(await idsWith("nobodys"), ["domain-foreign"]);
});

t.test("colours only where they are wanted", async (t) => {
  const { cognito } = await running(t);
  const env = { ...NAMES, COGNITO_ENDPOINT: cognito.url };
  t.notMatch((await run(env)).out, "\u001b");
  t.match((await run(env, {}, true)).out, "\u001b[");
});

t.test("an option goes before its variable; what is missing or wrong is said in a line, and is 2", async (t) => {
  const { cognito } = await running(t);
  const env = { COGNITO_USER_POOL_ID: "eu-west-1_Other", COGNITO_CLIENT_ID: "other", COGNITO_ENDPOINT: "http://127.0.0.1:9" };
  const given = await run(env, { userPoolId: POOL_ID, clientId: CLIENT_ID, endpoint: cognito.url });
  t.match(given.out, `App client ${CLIENT_ID}`);
  for (const [options, says] of [
    [{ clientId: "x" }, /no user pool: set COGNITO_USER_POOL_ID, or give --user-pool-id/],
    [{ userPoolId: POOL_ID }, /no app client: .* --all/],
    [{ userPoolId: POOL_ID, clientId: "nobody", endpoint: cognito.url }, /could not look: User pool client nobody does not exist\./],
    [{ userPoolId: "somewhere", clientId: "x" }, /COGNITO_USER_POOL_ID: expected a user pool id, REGION_ID/],
    [{ userPoolId: POOL_ID, clientId: CLIENT_ID, endpoint: "localhost:9229" }, /COGNITO_ENDPOINT: expected /],
    [{ all: true, endpoint: "localhost:9229" }, /COGNITO_ENDPOINT: expected /],
    [{ publicUrl: "app.example.com" }, /PUBLIC_URL: expected /],
    [{ policy: "30" }, /30 what\? Write 30d/],
    [{ policy: "forever" }, /--policy takes banking, saas/],
    [{ policy: "5m" }, /60 minutes to 3,650 days/],
    [{ failOn: "everything" }, /--fail-on takes error, warning, note, never/],
    [{ replicas: "many" }, /--replicas takes how many/],
    [{ sampleToken: "/nowhere" }, /cannot be read \(ENOENT\)/],
  ] as const) {
    const { exitCode, out, err } = await run({}, options);
    t.equal(exitCode, 2, JSON.stringify(options));
    t.equal(out, "");
    t.match(err, says);
    t.match(err, /^cognito-bff doctor: [^\n]*\n$/);
  }
});

t.test("what may not be read beside the client is named with the permission, and is no failure; the client itself is", async (t) => {
  const denied = {
    status: 400,
    body: { __type: "AccessDeniedException", Message: "User: arn:aws:iam::123456789012:user/ci is not authorized" },
  };
  const answers = { DescribeUserPool: denied, GetUserPoolMfaConfig: denied, GetUserPoolSessionConfiguration: denied };
  const client = { UserPoolClient: { ...SOUND, ClientSecret: CLIENT_SECRET, TokenValidityUnits: {} } };
  const url = await answering(t, { ...answers, DescribeUserPoolClient: { body: client } });
  const { exitCode, out } = await run({ ...NAMES, COGNITO_ENDPOINT: url }, { publicUrl: "https://app.example.com" });
  t.equal(exitCode, 0, out);
  t.match(out, /^ {2}not permitted: needs cognito-idp:DescribeUserPool \(device-remembering,/m);
  const blind = await answering(t, { DescribeUserPoolClient: denied });
  const none = await run({ ...NAMES, COGNITO_ENDPOINT: blind });
  t.equal(none.exitCode, 2);
  t.match(none.err, "could not look: not permitted: needs cognito-idp:DescribeUserPoolClient");
});

t.test("a sample token says how much of the cookie's room it takes", async (t) => {
  const { cognito, sdk } = await running(t);
  const { IdToken } = await signIn(sdk);
  const file = join(t.testdir(), "id-token");
  writeFileSync(file, IdToken);
  const { out } = await run({ ...NAMES, COGNITO_ENDPOINT: cognito.url }, { sampleToken: file });
  t.match(out, /^ {2}sample cookie {2}2,\d{3} of 8,000 bytes$/m);
  t.notMatch(out, present(IdToken.split(".")[1]).slice(0, 20));
});

t.test("--all looks at every client of every pool, page by page, with a pause before each call", async (t) => {
  const { cognito, sdk } = await running(t);
  const { UserPool } = await sdk.send(new CreateUserPoolCommand({ PoolName: "staging", DeviceConfiguration: {} }));
  const UserPoolId = present(UserPool?.Id);
  for (let index = 0; index < 65; index++) {
    const RefreshTokenValidity = index === 64 ? 60 : 30;
    const unit = index === 64 ? { TokenValidityUnits: { RefreshToken: "minutes" as const } } : {};
    await sdk.send(new CreateUserPoolClientCommand({ UserPoolId, ClientName: `client ${index}`, RefreshTokenValidity, ...unit }));
  }
  cognito.calls.clear();
  const { exitCode, out, pauses, progress } = await run({ COGNITO_ENDPOINT: cognito.url }, { all: true });
  t.equal(exitCode, 1);
  t.match(out, /^66 app clients of 2 user pools\. /m);
  t.match(out, /^ {2}client 64 {2,}60 minutes {2,}refresh-unit-smell \+\d$/m);
  t.match(out, /\(staging\)/);
  t.ok(out.split("\n").every((line) => line.length <= 80));
  t.equal(cognito.calls.list("ListUserPoolClients").length, 3, "two pages of the one, one of the other");
  t.equal(pauses, cognito.calls.list().length);
  t.same(progress.slice(-2), ["66 of 66 app clients, so far", ""]);
  const one = await run({ COGNITO_ENDPOINT: cognito.url, COGNITO_USER_POOL_ID: POOL_ID }, { all: true, json: true });
  t.match(JSON.parse(one.out), { clients: [{ client_id: CLIENT_ID, refresh_token: "30 days" }] });
  t.notMatch(one.out + out, CLIENT_SECRET);
});

t.test("--all says which clients it could not read, and is 2 where nothing else is wrong", async (t) => {
  const denied = { status: 400, body: { __type: "AccessDeniedException", Message: "no" } };
  const listed = { UserPoolClients: [{ ClientId: "a", ClientName: "shop" }], NextToken: undefined };
  const url = await answering(t, { ListUserPoolClients: { body: listed }, DescribeUserPoolClient: denied });
  const env = { COGNITO_ENDPOINT: url, COGNITO_USER_POOL_ID: POOL_ID };
  const { exitCode, out } = await run(env, { all: true });
  t.equal(exitCode, 2);
  t.match(out, /^ {2}shop {2,}\? {2,}not permitted$/m);
  t.match(out, /^ {2}not permitted: needs cognito-idp:DescribeUserPoolClient$/m);
  const closed = await answering(t, { ListUserPoolClients: denied });
  const none = await run({ ...env, COGNITO_ENDPOINT: closed }, { all: true });
  t.equal(none.exitCode, 2);
  t.match(none.err, "could not look: not permitted: needs cognito-idp:ListUserPoolClients");
});

t.test("--all ends where an endpoint names the same next page again and again", async (t) => {
  const listed = { UserPoolClients: [{ ClientId: "a", ClientName: "shop" }], NextToken: "again" };
  const url = await answering(t, {
    ListUserPoolClients: { body: listed },
    DescribeUserPoolClient: { status: 400, body: { __type: "AccessDeniedException" } },
  });
  const { out } = await run({ COGNITO_ENDPOINT: url, COGNITO_USER_POOL_ID: POOL_ID }, { all: true });
  t.equal(out.match(/^ {2}shop /gm)?.length, 2);
  t.match(out.replace(/\s+/g, " "), "the same next page again: what comes after it could not be read", "a list that is not whole says so");
});

t.test("--iam prints a policy that names the pool, asks nobody, and says no more than is needed", async (t) => {
  const policy = JSON.parse((await run(NAMES, { iam: true })).out) as { Statement: { Action: string[]; Resource: string }[] };
  t.match(policy.Statement[0]?.Resource, `arn:aws:cognito-idp:us-east-1:*:userpool/${POOL_ID}`);
  const actions = policy.Statement.flatMap(({ Action }) => Action);
  t.ok(actions.includes("cognito-idp:DescribeUserPoolClient"));
  t.notOk(actions.some((action) => /Update|Create|Delete|Set/.test(action)));
  const all = JSON.parse((await run({}, { iam: true, all: true, region: "cn-north-1" })).out) as typeof policy;
  t.match(all.Statement[0]?.Resource, "arn:aws-cn:cognito-idp:cn-north-1:*:userpool/*");
  t.match(all.Statement[1], { Action: ["cognito-idp:ListUserPools"], Resource: "*" });
});
