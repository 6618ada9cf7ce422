import type { RateCategory } from "../common/rate-limits.js";
import type { CognitoState } from "../sign-in/state.js";
import { addUserPoolClientSecret } from "./add-user-pool-client-secret.js";
import { adminAddUserToGroup } from "./admin-add-user-to-group.js";
import { adminCreateUser } from "./admin-create-user.js";
import { adminDeleteUser } from "./admin-delete-user.js";
import { adminDisableUser } from "./admin-disable-user.js";
import { adminEnableUser } from "./admin-enable-user.js";
import { adminGetUser } from "./admin-get-user.js";
import { adminResetUserPassword } from "./admin-reset-user-password.js";
import { adminSetUserPassword } from "./admin-set-user-password.js";
import { adminUpdateUserAttributes } from "./admin-update-user-attributes.js";
import { adminUserGlobalSignOut } from "./admin-user-global-sign-out.js";
import { confirmDevice } from "./confirm-device.js";
import { createGroup } from "./create-group.js";
import { createUserPool } from "./create-user-pool.js";
import { createUserPoolClient } from "./create-user-pool-client.js";
import { createUserPoolDomain } from "./create-user-pool-domain.js";
import { deleteUserPoolClient } from "./delete-user-pool-client.js";
import { deleteUserPoolClientSecret } from "./delete-user-pool-client-secret.js";
import { describeUserPool } from "./describe-user-pool.js";
import { describeUserPoolClient } from "./describe-user-pool-client.js";
import { describeUserPoolDomain } from "./describe-user-pool-domain.js";
import { getTokensFromRefreshToken } from "./get-tokens-from-refresh-token.js";
import { getUser } from "./get-user.js";
import { globalSignOut } from "./global-sign-out.js";
import { adminInitiateAuth, initiateAuth } from "./initiate-auth.js";
import { listUserPoolClientSecrets } from "./list-user-pool-client-secrets.js";
import { listUserPoolClients } from "./list-user-pool-clients.js";
import { listUserPools } from "./list-user-pools.js";
import { listUsers } from "./list-users.js";
import type { Operation } from "./operation.js";
import { respondToAuthChallenge } from "./respond-to-auth-challenge.js";
import { revokeToken } from "./revoke-token.js";
import { updateUserPoolClient } from "./update-user-pool-client.js";
import { getUserPoolClientSessionConfiguration, setUserPoolClientSessionConfiguration } from "./user-pool-client-session-configuration.js";
import { getUserPoolMfaConfig, setUserPoolMfaConfig } from "./user-pool-mfa-config.js";
import { getUserPoolSessionConfiguration, setUserPoolSessionConfiguration } from "./user-pool-session-configuration.js";

const OPERATIONS: Readonly<Record<string, (state: CognitoState) => Operation>> = {
  AddUserPoolClientSecret: addUserPoolClientSecret,
  AdminAddUserToGroup: adminAddUserToGroup,
  AdminCreateUser: adminCreateUser,
  AdminDeleteUser: adminDeleteUser,
  AdminDisableUser: adminDisableUser,
  AdminEnableUser: adminEnableUser,
  AdminGetUser: adminGetUser,
  AdminInitiateAuth: adminInitiateAuth,
  AdminResetUserPassword: adminResetUserPassword,
  AdminSetUserPassword: adminSetUserPassword,
  AdminUpdateUserAttributes: adminUpdateUserAttributes,
  AdminUserGlobalSignOut: adminUserGlobalSignOut,
  ConfirmDevice: confirmDevice,
  CreateGroup: createGroup,
  CreateUserPool: createUserPool,
  CreateUserPoolClient: createUserPoolClient,
  CreateUserPoolDomain: createUserPoolDomain,
  DeleteUserPoolClient: deleteUserPoolClient,
  DeleteUserPoolClientSecret: deleteUserPoolClientSecret,
  DescribeUserPool: describeUserPool,
  DescribeUserPoolClient: describeUserPoolClient,
  DescribeUserPoolDomain: describeUserPoolDomain,
  GetTokensFromRefreshToken: getTokensFromRefreshToken,
  GetUser: getUser,
  GetUserPoolClientSessionConfiguration: getUserPoolClientSessionConfiguration,
  GetUserPoolMfaConfig: getUserPoolMfaConfig,
  GetUserPoolSessionConfiguration: getUserPoolSessionConfiguration,
  GlobalSignOut: globalSignOut,
  InitiateAuth: initiateAuth,
  ListUserPoolClients: listUserPoolClients,
  ListUserPoolClientSecrets: listUserPoolClientSecrets,
  ListUserPools: listUserPools,
  ListUsers: listUsers,
  RespondToAuthChallenge: respondToAuthChallenge,
  RevokeToken: revokeToken,
  SetUserPoolClientSessionConfiguration: setUserPoolClientSessionConfiguration,
  SetUserPoolMfaConfig: setUserPoolMfaConfig,
  SetUserPoolSessionConfiguration: setUserPoolSessionConfiguration,
  UpdateUserPoolClient: updateUserPoolClient,
};

/** The names of the operations there are. */
export const OPERATION_NAMES: readonly string[] = Object.keys(OPERATIONS);

/** The operations, ready to run on the state. */
export function operationTable(state: CognitoState): ReadonlyMap<string, Operation> {
  return new Map(Object.entries(OPERATIONS).map(([name, create]) => [name, create(state)]));
}

/** The quota an operation counts against; undefined for those whose quotas nobody meets. */
export const RATE_CATEGORIES: Readonly<Record<string, RateCategory>> = {
  AdminInitiateAuth: "UserAuthentication",
  GetTokensFromRefreshToken: "UserAuthentication",
  InitiateAuth: "UserAuthentication",
  RespondToAuthChallenge: "UserAuthentication",
  RevokeToken: "UserToken",
};
