import type { RunningDemo } from "./running-demo.js";

/** Calls one of Cognito's own operations at the demo's local Cognito, as an administrator would. */
export async function administer<T = Record<string, unknown>>(
  demo: RunningDemo,
  operation: string,
  input: Record<string, unknown> = {},
): Promise<T> {
  const answer = await fetch(demo.localCognito.url, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `AWSCognitoIdentityProviderService.${operation}` },
    body: JSON.stringify({ UserPoolId: demo.config.cognitoUserPoolId, ...input }),
  });
  const body = (await answer.json()) as T;
  if (!answer.ok) throw new Error(`${operation}: ${JSON.stringify(body)}`);
  return body;
}

/** Changes some settings of the app client and keeps the others, as UpdateUserPoolClient resets what is left out. */
export async function updateClient(
  demo: RunningDemo,
  changes: Record<string, unknown>,
  ClientId = demo.config.cognitoClientId,
): Promise<void> {
  const { UserPoolClient } = await administer<{ UserPoolClient: Record<string, unknown> }>(demo, "DescribeUserPoolClient", { ClientId });
  const readOnly = ["ClientSecret", "CreationDate", "LastModifiedDate", "ClientType"];
  const kept = Object.fromEntries(Object.entries(UserPoolClient).filter(([name]) => !readOnly.includes(name)));
  await administer(demo, "UpdateUserPoolClient", { ...kept, ...changes });
}
