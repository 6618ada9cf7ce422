import {
  CreateUserPoolClientCommand,
  DescribeUserPoolClientCommand,
  UpdateUserPoolClientCommand,
  type UpdateUserPoolClientCommandInput,
} from "@aws-sdk/client-cognito-identity-provider";
import { parseAppClient } from "../../src/doctor/app-client.js";
import type { CognitoAdmin } from "../../src/doctor/cognito-admin.js";
import { POOL_ID, present, type Running, running } from "../local-cognito/running-cognito.js";
import { openedAdmin } from "./opened-admin.js";
import { FULL } from "./settings-of.js";

interface Test {
  teardown(end: () => unknown): void;
}

export const SECRET = "asecretthatnobodymayeverseeanywhere1";

/** A confidential client in local Cognito that has a value of its own for each of the 21 fields, refresh tokens of 30 hours among them. */
export interface ThirtyHours extends Running {
  readonly admin: CognitoAdmin;
  readonly clientId: string;
  /** All 21 fields as AWS's SDK reads them, and when they were changed. */
  described(): Promise<Record<string, unknown>>;
  /** As a short command does it: what is not named is left out. */
  shortUpdate(fields: Omit<UpdateUserPoolClientCommandInput, "UserPoolId" | "ClientId">): Promise<void>;
  /** As somebody does it who knows: all that is there is sent again. */
  change(fields: Partial<UpdateUserPoolClientCommandInput>): Promise<void>;
}

export async function thirtyHours(t: Test): Promise<ThirtyHours> {
  const local = await running(t);
  const { sdk, cognito } = local;
  const made = await sdk.send(
    new CreateUserPoolClientCommand({ UserPoolId: POOL_ID, ...FULL, ClientName: present(FULL.ClientName), ClientSecret: SECRET }),
  );
  const clientId = present(made.UserPoolClient?.ClientId);
  const ids = { UserPoolId: POOL_ID, ClientId: clientId };
  const described = async () => {
    const { UserPoolClient } = await sdk.send(new DescribeUserPoolClientCommand(ids));
    const { ClientSecret, CreationDate, LastModifiedDate, ...settings } = present(UserPoolClient);
    return settings;
  };
  const shortUpdate = async (fields: Omit<UpdateUserPoolClientCommandInput, "UserPoolId" | "ClientId">) => {
    local.clock.advance(1_000);
    await sdk.send(new UpdateUserPoolClientCommand({ ...ids, ...fields }));
  };
  return {
    ...local,
    admin: await openedAdmin(t, cognito.url, { clientId }),
    clientId,
    described,
    shortUpdate,
    change: async (fields) => shortUpdate({ ...parseAppClient(await described()).settings, ...fields }),
  };
}
