import type { AppClient, ClientSettings } from "../app-client.js";
import { lifetimeOf } from "../lifetime.js";
import { printable } from "../text.js";
import { type Console, sayWrapped } from "./console.js";
import { movedFields, renderDiff } from "./diff.js";
import { awsCommand, type ClientAddress, cdk, cloudFormation, terraform } from "./equivalents.js";
import { FIELDS, sameField } from "./fields.js";

/** A change of an app client that nobody has agreed to yet. */
export interface Proposal {
  readonly address: ClientAddress;
  readonly seen: AppClient;
  readonly wanted: ClientSettings;
  /** What is to be known besides, a sentence each. */
  readonly notes: readonly string[];
}

/** What a new refresh token validity does to those who are signed in: a refresh token has its end from its issue on. */
function consequence(before: ClientSettings, after: ClientSettings): string | null {
  if (sameField("RefreshTokenValidity", before, after)) return null;
  const [old, new_] = [lifetimeOf(before, "RefreshToken"), lifetimeOf(after, "RefreshToken")];
  return `Who is signed in already keeps the old end, ${old.words} after signing in; who signs in from now on has ${new_.words}.`;
}

function sayBlock(console: Console, title: string, lines: readonly string[]): void {
  console.say("");
  console.say(console.paint("bold", title));
  for (const line of lines) console.say(`  ${printable(line)}`);
}

/** Shows the change: in the words of other tools, and last, before somebody is asked, what moves. */
export function sayProposal(console: Console, { address, seen, wanted, notes }: Proposal): void {
  const { settings } = seen;
  console.say(console.paint("bold", `App client ${address.clientId} of ${address.poolId}`));
  console.say("");
  console.say(console.paint("bold", "The change with AWS's CLI, complete"));
  // Not indented: it is there to be copied.
  console.say(awsCommand(wanted, address));
  sayBlock(console, "in Terraform (aws_cognito_user_pool_client)", terraform(settings, wanted));
  sayBlock(console, "in CloudFormation (AWS::Cognito::UserPoolClient)", cloudFormation(settings, wanted));
  sayBlock(console, "in the CDK (UserPoolClient)", cdk(settings, wanted));
  console.say("");
  console.say(console.paint("bold", "What changes"));
  for (const line of renderDiff(settings, wanted, console.paint)) console.say(line);
  console.say("");
  const others = FIELDS.length - movedFields(settings, wanted).length;
  const effect = consequence(settings, wanted);
  sayWrapped(
    console,
    ...(effect === null ? [] : [effect]),
    `The other ${others} settings are sent again as they are: an update resets what it leaves out.`,
    ...notes,
  );
  console.say("");
}
