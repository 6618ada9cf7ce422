import type { UserPoolClientType } from "@aws-sdk/client-cognito-identity-provider";
import type { Stage } from "../stage/stage.js";

/** What DescribeUserPoolClient returns and UpdateUserPoolClient does not take. */
const READ_ONLY = ["ClientSecret", "CreationDate", "LastModifiedDate", "ClientType"];

/** Changes some settings of the staged app client and resends the others: UpdateUserPoolClient resets what is left out. */
async function updateClient({ idp, config }: Stage, changes: Partial<UserPoolClientType>): Promise<void> {
  const ids = { UserPoolId: config.cognitoUserPoolId, ClientId: config.cognitoClientId };
  const { UserPoolClient = {} } = await idp.describeUserPoolClient(ids);
  const kept = Object.fromEntries(Object.entries(UserPoolClient).filter(([name]) => !READ_ONLY.includes(name)));
  await idp.updateUserPoolClient({ ...kept, ...changes, ...ids });
}

/** Lets the app client rotate refresh tokens. */
export function setRotation(stage: Stage, { graceSeconds }: { readonly graceSeconds: number }): Promise<void> {
  return updateClient(stage, { RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: graceSeconds } });
}

/** Puts another secret in place of the app client's only one. */
export async function replaceSecret({ idp, config }: Stage, value: string): Promise<void> {
  const ids = { UserPoolId: config.cognitoUserPoolId, ClientId: config.cognitoClientId };
  const { ClientSecrets: before = [] } = await idp.listUserPoolClientSecrets(ids);
  await idp.addUserPoolClientSecret({ ...ids, ClientSecret: value });
  for (const { ClientSecretId } of before) await idp.deleteUserPoolClientSecret({ ...ids, ClientSecretId });
}

/** The id of a further app client of the same pool, as somebody creates one in place of the first. */
export const ANOTHER_CLIENT_ID = "rehearsalanotherclient0001";
