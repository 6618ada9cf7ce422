import {
  CreateUserPoolDomainCommand,
  DescribeUserPoolCommand,
  DescribeUserPoolDomainCommand,
  GetUserPoolClientSessionConfigurationCommand,
  GetUserPoolMfaConfigCommand,
  GetUserPoolSessionConfigurationCommand,
  SetUserPoolClientSessionConfigurationCommand,
  SetUserPoolMfaConfigCommand,
  SetUserPoolSessionConfigurationCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import t from "tap";
import { CLIENT_ID, POOL_ID, running } from "./running-cognito.js";

const POOL = { UserPoolId: POOL_ID };
const CLIENT = { ...POOL, ClientId: CLIENT_ID };

t.test("a pool tracks no sessions until it is told, and then as many as it is told, 1 to 100", async (t) => {
  const { sdk } = await running(t);
  t.match(await sdk.send(new GetUserPoolSessionConfigurationCommand(POOL)), {
    ...POOL,
    UserSessionTracking: "DISABLED",
    TokenSession: { MaxPerUser: 20 },
  });
  const set = (MaxPerUser: number) =>
    sdk.send(new SetUserPoolSessionConfigurationCommand({ ...POOL, UserSessionTracking: "ENABLED", TokenSession: { MaxPerUser } }));
  await set(3);
  t.match(await sdk.send(new GetUserPoolSessionConfigurationCommand(POOL)), {
    UserSessionTracking: "ENABLED",
    TokenSession: { MaxPerUser: 3 },
  });
  await t.rejects(set(101), { name: "InvalidParameterException" });
});

t.test("managed login's session is kept for each app client, an hour unless told", async (t) => {
  const { sdk } = await running(t);
  const get = () => sdk.send(new GetUserPoolClientSessionConfigurationCommand(CLIENT));
  t.match(await get(), { ...CLIENT, SSOSession: { MaxValidityMinutes: 60 } });
  await sdk.send(new SetUserPoolClientSessionConfigurationCommand({ ...CLIENT, SSOSession: { MaxValidityMinutes: 0 } }));
  t.match(await get(), { SSOSession: { MaxValidityMinutes: 0 } });
  await t.rejects(sdk.send(new GetUserPoolClientSessionConfigurationCommand({ ...CLIENT, ClientId: "nobody" })), {
    name: "ResourceNotFoundException",
  });
});

t.test("a pool has the domains that it was given, and a domain that nobody has is described by nothing", async (t) => {
  const { sdk } = await running(t);
  const describe = async (Domain: string) => (await sdk.send(new DescribeUserPoolDomainCommand({ Domain }))).DomainDescription;
  t.same(await describe("auth.example.com"), {});
  await sdk.send(new CreateUserPoolDomainCommand({ ...POOL, Domain: "example" }));
  const CertificateArn = "arn:aws:acm:us-east-1:123456789012:certificate/1";
  await sdk.send(new CreateUserPoolDomainCommand({ ...POOL, Domain: "auth.example.com", CustomDomainConfig: { CertificateArn } }));
  t.match(await describe("auth.example.com"), { ...POOL, Status: "ACTIVE", CustomDomainConfig: { CertificateArn } });
  t.match(await describe("example"), { ...POOL, ManagedLoginVersion: 1 });
  const { UserPool } = await sdk.send(new DescribeUserPoolCommand(POOL));
  t.match(UserPool, { Domain: "example", CustomDomain: "auth.example.com" });
  await t.rejects(sdk.send(new CreateUserPoolDomainCommand({ ...POOL, Domain: "example" })), { name: "InvalidParameterException" });
});

t.test("what is set of factors and passkeys is told again", async (t) => {
  const { sdk } = await running(t);
  t.match(await sdk.send(new GetUserPoolMfaConfigCommand(POOL)), { MfaConfiguration: "OFF", WebAuthnConfiguration: undefined });
  await sdk.send(new SetUserPoolMfaConfigCommand({ ...POOL, WebAuthnConfiguration: { RelyingPartyId: "auth.example.com" } }));
  t.match(await sdk.send(new GetUserPoolMfaConfigCommand(POOL)), { WebAuthnConfiguration: { RelyingPartyId: "auth.example.com" } });
});
