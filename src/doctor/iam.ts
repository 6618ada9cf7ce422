import { regionOfPool } from "./cognito-admin.js";

/** What a mode of the doctor asks of AWS, by IAM's names of it. */
interface Permissions {
  /** On the one user pool. */
  readonly onPool: readonly string[];
  /** Actions that take no resource (Service Authorization Reference, Amazon Cognito User Pools). */
  readonly onAll: readonly string[];
}

const READ: Permissions = {
  onPool: [
    "DescribeUserPool",
    "DescribeUserPoolClient",
    "GetUserPoolClientSessionConfiguration",
    "GetUserPoolMfaConfig",
    "GetUserPoolSessionConfiguration",
  ],
  onAll: ["DescribeUserPoolDomain"],
};
const WRITE: Permissions = { onPool: ["DescribeUserPool", "DescribeUserPoolClient", "UpdateUserPoolClient"], onAll: [] };

/** The modes of the doctor, and the least that each needs. */
export const PERMISSIONS = {
  doctor: READ,
  all: { onPool: ["DescribeUserPool", "DescribeUserPoolClient", "ListUserPoolClients"], onAll: ["ListUserPools"] },
  fix: WRITE,
  backup: { onPool: ["DescribeUserPoolClient"], onAll: [] },
  undo: WRITE,
} as const satisfies { readonly [mode: string]: Permissions };

export type DoctorMode = keyof typeof PERMISSIONS;

function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  return region.startsWith("eusc-") ? "aws-eusc" : "aws";
}

/** The pool's ARN, of whatever account: its id says the rest. Without a pool, those of a Region, or all. */
function poolArn(poolId: string | null, region: string | null): string {
  const where = (poolId === null ? region : regionOfPool(poolId)) ?? "*";
  return `arn:${partitionOf(where)}:cognito-idp:${where}:*:userpool/${poolId ?? "*"}`;
}

/** The least-privilege policy of a mode, as IAM takes it. */
export function iamPolicy(mode: DoctorMode, poolId: string | null, region: string | null): object {
  const { onPool, onAll }: Permissions = PERMISSIONS[mode];
  const statement = (actions: readonly string[], resource: string) => ({
    Effect: "Allow",
    Action: actions.map((action) => `cognito-idp:${action}`),
    Resource: resource,
  });
  // A domain is part of the doctor's look; every pool of the account only where no pool is named.
  const everywhere = mode === "all" && poolId !== null ? [] : onAll;
  return {
    Version: "2012-10-17",
    Statement: [statement(onPool, poolArn(poolId, region)), ...(everywhere.length === 0 ? [] : [statement(everywhere, "*")])],
  };
}
