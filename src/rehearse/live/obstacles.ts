import type { UserPoolType } from "@aws-sdk/client-cognito-identity-provider";

/** What stands in a rehearsal's way: `blocks` cannot be passed, `warns` should be known before one goes on. */
export interface Obstacle {
  readonly level: "blocks" | "warns";
  readonly text: string;
}

const blocks = (text: string): Obstacle => ({ level: "blocks", text });
const warns = (text: string): Obstacle => ({ level: "warns", text });

/** The triggers that run for a user whom an administrator creates and signs in (developer guide, Lambda triggers). */
const TRIGGERS = ["PreSignUp", "PreAuthentication", "PostAuthentication", "PreTokenGeneration"] as const;

type Check = (pool: UserPoolType) => readonly Obstacle[];

const CHECKS: readonly Check[] = [
  ({ MfaConfiguration }) =>
    MfaConfiguration === "ON" ? [blocks("MFA is required in this user pool: a test user without a second factor cannot sign in")] : [],
  ({ Policies }) => {
    const factors = Policies?.SignInPolicy?.AllowedFirstAuthFactors;
    return factors === undefined || factors.includes("PASSWORD")
      ? []
      : [blocks(`nobody signs in by password in this user pool (AllowedFirstAuthFactors: ${factors.join(", ")})`)];
  },
  ({ UsernameAttributes = [] }) =>
    UsernameAttributes.length > 0 && !UsernameAttributes.includes("email")
      ? [blocks("usernames are telephone numbers here: a test user's could be somebody's")]
      : [],
  ({ LambdaConfig = {} }) => {
    const triggers = TRIGGERS.filter((name) => LambdaConfig[name] !== undefined);
    if (LambdaConfig.PreTokenGenerationConfig && !triggers.includes("PreTokenGeneration")) triggers.push("PreTokenGeneration");
    return triggers.map((name) => warns(`the trigger ${name} runs for the test user too: it may refuse them, or write them down`));
  },
  ({ UserPoolAddOns }) =>
    UserPoolAddOns?.AdvancedSecurityMode === "ENFORCED"
      ? [warns("threat protection is enforced: it may take a sign-in from this machine for an attack")]
      : [],
  ({ DeviceConfiguration }) =>
    DeviceConfiguration === undefined
      ? []
      : [warns("devices are remembered: without a confirmed one Cognito may say Invalid Refresh Token from the start")],
];

/** Everything that can be seen beforehand. @param pool null: it may not be looked at. */
export function obstaclesOf(pool: UserPoolType | null): readonly Obstacle[] {
  if (pool === null) return [warns("the user pool cannot be looked at (cognito-idp:DescribeUserPool): triggers and MFA are not known")];
  return CHECKS.flatMap((check) => check(pool));
}

/** How long the AWS credentials have to be good for: the hour, and time to delete everything. */
export const NEEDED_MINUTES = 75;

/** Why credentials that end cannot be used; null where they can. */
export function credentialsObstacle(expiration: Date | undefined, nowMs: number): string | null {
  if (expiration === undefined) return null;
  const minutes = Math.floor((expiration.getTime() - nowMs) / 60_000);
  if (minutes >= NEEDED_MINUTES) return null;
  const when = minutes < 0 ? "have ended" : `end in ${minutes} min, at ${expiration.toISOString()}`;
  return `the AWS credentials ${when}; ${NEEDED_MINUTES} min are needed, or nothing could be deleted afterwards: sign in again, or take a role with longer sessions`;
}
