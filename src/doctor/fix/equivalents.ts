import { type ClientSettings, MUTABLE_FIELDS } from "../app-client.js";
import { lifetimeOf } from "../lifetime.js";
import { completeSettings, differingFields, type Field, tokenOf } from "./fields.js";

/*
 * The same change in the words of the tools that people manage app clients with. CloudFormation and the CDK's CfnUserPoolClient have the API's
 * own names, Terraform has them in its own spelling:
 * https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cognito_user_pool_client
 * https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_cognito.CfnUserPoolClientProps.html
 */

export interface ClientAddress {
  readonly poolId: string;
  readonly clientId: string;
  readonly region: string | null;
  readonly profile: string | null;
  readonly endpoint: string | null;
}

/** For a POSIX shell: within single quotes everything is itself. */
export function quoted(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** JSON's own way to say what a terminal may show as something else, or a shell's encoding cannot carry. */
function ascii(json: string): string {
  return json.replaceAll(/[^\n -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The whole update as a command of AWS's CLI: all that is there goes with it, since what is left out would be reset. */
export function awsCommand(settings: ClientSettings, { poolId, clientId, region, profile, endpoint }: ClientAddress): string {
  const complete = completeSettings(settings);
  const ordered = MUTABLE_FIELDS.flatMap((field) => (complete[field] === undefined ? [] : [[field, complete[field]]]));
  const input = ascii(JSON.stringify({ UserPoolId: poolId, ClientId: clientId, ...Object.fromEntries(ordered) }, null, 2));
  const options = [
    ["--region", region],
    ["--profile", profile],
    ["--endpoint-url", endpoint],
  ].flatMap(([name, value]) => (value === null || value === undefined ? [] : [`${name} ${quoted(value)} `]));
  return `aws cognito-idp update-user-pool-client ${options.join("")}--cli-input-json ${quoted(input)}`;
}

/** HCL's strings are JSON's, but for what would start a template. */
function hcl(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll(/[$%](?=\{)/g, "$&$&")
    .replaceAll('","', '", "');
}

/** `AllowedOAuthFlowsUserPoolClient` → `allowed_oauth_flows_user_pool_client`. */
function snakeCase(name: string): string {
  return name
    .replaceAll("OAuth", "Oauth")
    .replaceAll("URLs", "Urls")
    .replaceAll("URI", "Uri")
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_")
    .toLowerCase();
}

function terraformName(field: Field): string {
  return field === "ClientName" ? "name" : snakeCase(field);
}

function isStructure(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function terraformLines(settings: ClientSettings, field: Field): readonly string[] {
  const value = settings[field];
  const name = terraformName(field);
  if (value === undefined) return [`# without ${name}`];
  if (!isStructure(value)) return [`${name} = ${hcl(value)}`];
  return [`${name} {`, ...Object.entries(value).map(([member, inner]) => `  ${snakeCase(member)} = ${hcl(inner)}`), "}"];
}

/** The arguments of `aws_cognito_user_pool_client` that change. */
export function terraform(before: ClientSettings, after: ClientSettings): readonly string[] {
  const complete = completeSettings(after);
  const fields = differingFields(before, after);
  const units = Object.entries(complete.TokenValidityUnits ?? {}).filter(([, unit]) => unit !== undefined);
  const block = ["token_validity_units {", ...units.map(([token, unit]) => `  ${snakeCase(token)} = ${hcl(unit)}`), "}"];
  const lines = fields.flatMap((field) => terraformLines(complete, field));
  return fields.some((field) => tokenOf(field) !== null) ? [...lines, ...block] : lines;
}

/** The properties of `AWS::Cognito::UserPoolClient` that change; JSON's values are YAML's, too. */
export function cloudFormation(before: ClientSettings, after: ClientSettings): readonly string[] {
  const complete = completeSettings(after);
  const fields = differingFields(before, after);
  const lines = fields.map((field) =>
    complete[field] === undefined ? `# without ${field}` : `${field}: ${JSON.stringify(complete[field])}`,
  );
  return fields.some((field) => tokenOf(field) !== null) ? [...lines, ...unitLines(complete)] : lines;
}

function unitLines({ TokenValidityUnits = {} }: ClientSettings): readonly string[] {
  const units = Object.entries(TokenValidityUnits).filter(([, unit]) => unit !== undefined);
  return ["TokenValidityUnits:", ...units.map(([token, unit]) => `  ${token}: ${unit}`)];
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** Props of `UserPoolClient` that say the same as the API's field; null: there is none, and CfnUserPoolClient has it. */
function cdkProp(settings: ClientSettings, field: Field): string | null {
  const token = tokenOf(field);
  if (token !== null) {
    const { value, unit } = lifetimeOf(settings, token);
    return `${lowerFirst(field)}: Duration.${unit}(${value}),`;
  }
  const value = settings[field];
  switch (field) {
    case "EnableTokenRevocation":
    case "EnablePropagateAdditionalUserContextData":
      return typeof value === "boolean" ? `${lowerFirst(field)}: ${value},` : null;
    case "PreventUserExistenceErrors":
      return `preventUserExistenceErrors: ${value === "ENABLED"},`;
    case "CallbackURLs":
      return `oAuth: { callbackUrls: ${JSON.stringify(value ?? [])} }, // with what stands there`;
    case "LogoutURLs":
      return `oAuth: { logoutUrls: ${JSON.stringify(value ?? [])} }, // with what stands there`;
    default:
      return null;
  }
}

/** The CDK: props of the construct where it has them, the property underneath where it has not. */
export function cdk(before: ClientSettings, after: ClientSettings): readonly string[] {
  return differingFields(before, after).map((field) => {
    const value = after[field];
    const underneath = `(client.node.defaultChild as CfnUserPoolClient).${cfnName(field)} = ${cfnValue(value)};`;
    return cdkProp(after, field) ?? underneath;
  });
}

/** Structures of CfnUserPoolClient have members in camel case. */
function cfnValue(value: unknown): string {
  return JSON.stringify(
    isStructure(value) ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [lowerFirst(name), inner])) : value,
  );
}

/** The CDK spells an acronym that a name ends with in one piece: `callbackUrLs`, `defaultRedirectUri`, `allowedOAuthFlows`. */
function cfnName(field: Field): string {
  return lowerFirst(field).replace("URI", "Uri").replace("URLs", "UrLs");
}
