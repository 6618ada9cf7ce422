/** What a live rehearsal does with AWS credentials. The refresh itself needs none: InitiateAuth is not signed. */
export const LIVE_ACTIONS = [
  "cognito-idp:DescribeUserPool",
  "cognito-idp:DescribeUserPoolClient",
  "cognito-idp:CreateUserPoolClient",
  "cognito-idp:DeleteUserPoolClient",
  "cognito-idp:ListUserPoolClients",
  "cognito-idp:AdminCreateUser",
  "cognito-idp:AdminSetUserPassword",
  "cognito-idp:AdminInitiateAuth",
  "cognito-idp:AdminDeleteUser",
  "cognito-idp:ListUsers",
] as const;

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html: China and GovCloud are partitions of their own. */
function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/** The least that `rehearse --live` and its `--cleanup` need, as an IAM policy. */
export function livePolicy(region: string, poolId: string): string {
  const policy = {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "CognitoBffRehearsal",
        Effect: "Allow",
        Action: LIVE_ACTIONS,
        Resource: `arn:${partitionOf(region)}:cognito-idp:${region}:*:userpool/${poolId}`,
      },
    ],
  };
  return `${JSON.stringify(policy, null, 2)}\n`;
}
