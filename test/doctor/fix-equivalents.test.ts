import t from "tap";
import { MUTABLE_FIELDS } from "../../src/doctor/app-client.js";
import { awsCommand, cdk, cloudFormation, terraform } from "../../src/doctor/fix/equivalents.js";
import { FULL, settingsWith } from "./settings-of.js";

const DAYS = settingsWith({ RefreshTokenValidity: 30, TokenValidityUnits: { ...FULL.TokenValidityUnits, RefreshToken: "days" } });
const HERE = { poolId: "us-east-1_Local0001", clientId: "3localcognitodemoclient001", region: "us-east-1", profile: null, endpoint: null };

/** The JSON of a printed command. */
function inputOf(command: string): Record<string, unknown> {
  const [, quoted = ""] = /--cli-input-json '(.*)'$/s.exec(command) ?? [];
  return JSON.parse(quoted.replaceAll(`'\\''`, "'")) as Record<string, unknown>;
}

t.test("the command of AWS's CLI carries all 21 attributes", (t) => {
  const command = awsCommand(DAYS, HERE);
  t.match(command, /^aws cognito-idp update-user-pool-client --region us-east-1 --cli-input-json '\{/);
  const { UserPoolId, ClientId, ...settings } = inputOf(command);
  t.same([UserPoolId, ClientId], [HERE.poolId, HERE.clientId]);
  t.same(Object.keys(settings).sort(), [...MUTABLE_FIELDS].sort());
  t.same(settings, DAYS);
  t.end();
});

t.test("no name breaks out of the command", (t) => {
  const ClientName = `it's "$(id)" \\ \`x\` \n!\u001b\u009bé\u202e🙂`;
  const command = awsCommand(settingsWith({ ClientName }), { ...HERE, profile: "my profile; id", endpoint: "http://127.0.0.1:9229" });
  t.match(command, `--profile 'my profile; id' --endpoint-url http://127.0.0.1:9229`);
  t.equal(inputOf(command)["ClientName"], ClientName);
  t.match(command, /^[\n -~]+$/, "nor does it move the cursor");
  t.end();
});

t.test("a lifetime in Terraform, CloudFormation and the CDK has its unit", (t) => {
  t.same(terraform(FULL, DAYS), [
    "refresh_token_validity = 30",
    "token_validity_units {",
    '  refresh_token = "days"',
    '  access_token = "minutes"',
    '  id_token = "hours"',
    "}",
  ]);
  t.same(cloudFormation(FULL, DAYS), [
    "RefreshTokenValidity: 30",
    "TokenValidityUnits:",
    "  RefreshToken: days",
    "  AccessToken: minutes",
    "  IdToken: hours",
  ]);
  t.same(cdk(FULL, DAYS), ["refreshTokenValidity: Duration.days(30),"]);
  t.end();
});

t.test("every field has its name in each", (t) => {
  const other = settingsWith({
    ClientName: "other",
    ReadAttributes: ["email"],
    CallbackURLs: ["https://app.example.com/%{x}"],
    LogoutURLs: ["https://a.example.com/", "https://b.example.com/"],
    DefaultRedirectURI: undefined,
    AllowedOAuthFlowsUserPoolClient: false,
    PreventUserExistenceErrors: "LEGACY",
    EnableTokenRevocation: true,
    EnablePropagateAdditionalUserContextData: false,
    AuthSessionValidity: 3,
    RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 60 },
  });
  t.same(terraform(FULL, other), [
    'name = "other"',
    'read_attributes = ["email"]',
    'callback_urls = ["https://app.example.com/%%{x}"]',
    'logout_urls = ["https://a.example.com/", "https://b.example.com/"]',
    "# without default_redirect_uri",
    "allowed_oauth_flows_user_pool_client = false",
    'prevent_user_existence_errors = "LEGACY"',
    "enable_token_revocation = true",
    "enable_propagate_additional_user_context_data = false",
    "auth_session_validity = 3",
    "refresh_token_rotation {",
    '  feature = "ENABLED"',
    "  retry_grace_period_seconds = 60",
    "}",
  ]);
  t.same(cdk(FULL, other), [
    '(client.node.defaultChild as CfnUserPoolClient).clientName = "other";',
    '(client.node.defaultChild as CfnUserPoolClient).readAttributes = ["email"];',
    'oAuth: { callbackUrls: ["https://app.example.com/%{x}"] }, // with what stands there',
    'oAuth: { logoutUrls: ["https://a.example.com/","https://b.example.com/"] }, // with what stands there',
    "(client.node.defaultChild as CfnUserPoolClient).defaultRedirectUri = undefined;",
    "(client.node.defaultChild as CfnUserPoolClient).allowedOAuthFlowsUserPoolClient = false;",
    "preventUserExistenceErrors: false,",
    "enableTokenRevocation: true,",
    "enablePropagateAdditionalUserContextData: false,",
    "(client.node.defaultChild as CfnUserPoolClient).authSessionValidity = 3;",
    '(client.node.defaultChild as CfnUserPoolClient).refreshTokenRotation = {"feature":"ENABLED","retryGracePeriodSeconds":60};',
  ]);
  t.match(cloudFormation(FULL, other).join("\n"), /^ClientName: "other"\nReadAttributes: \["email"\]\n/);
  t.end();
});
