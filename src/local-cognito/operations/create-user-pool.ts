import type { JsonObject } from "../common/json.js";
import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";
import { userPoolType } from "./shapes.js";

const STRUCTURES = [
  "Policies",
  "LambdaConfig",
  "DeviceConfiguration",
  "AdminCreateUserConfig",
  "UserPoolTags",
  "UserPoolAddOns",
  "UsernameConfiguration",
  "AccountRecoverySetting",
  "IssuerConfiguration",
] as const;
const LISTS = ["AutoVerifiedAttributes", "AliasAttributes", "UsernameAttributes"] as const;
const TEXTS = ["DeletionProtection", "MfaConfiguration", "UserPoolTier"] as const;

/**
 * CreateUserPool. Acts on UsernameAttributes, AliasAttributes, UsernameConfiguration, Policies, DeviceConfiguration and
 * IssuerConfiguration; keeps the other structures for DescribeUserPool.
 */
export function createUserPool(parts: Pick<CognitoState, "pools">): Operation {
  return async (fields) => {
    const entries = [
      ...STRUCTURES.map((name) => [name, fields.structure(name)] as const),
      ...LISTS.map((name) => [name, fields.texts(name)] as const),
      ...TEXTS.map((name) => [name, fields.optionalText(name)] as const),
    ];
    const settings: JsonObject = Object.fromEntries(entries.filter(([, value]) => value !== undefined));
    return { UserPool: userPoolType(await parts.pools.create(fields.text("PoolName"), settings, { id: null, keys: null })) };
  };
}
