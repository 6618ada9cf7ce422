import { readFileSync } from "node:fs";
import type { Environment } from "../../config/given-settings.js";
import { type CognitoAdmin, openCognitoAdmin, regionOfPool } from "../../doctor/cognito-admin.js";
import { examine } from "../../doctor/examination/examine.js";
import { examineFleet, findingsOf as fleetFindings, fleetJson, fleetText, isWhole } from "../../doctor/examination/fleet.js";
import { reportJson, reportText, unseenInWords } from "../../doctor/examination/report.js";
import { exitCodeOf, FAIL_ON, type FailOn } from "../../doctor/finding.js";
import { type DoctorMode, iamPolicy } from "../../doctor/iam.js";
import { type LifetimePolicy, parsePolicy } from "../../doctor/policy.js";
import { type Given, readProxyFacts } from "../../doctor/proxy-facts.js";
import { sampleCookieBytes } from "../../doctor/sample-cookie.js";
import { type Clock, systemClock } from "../../model/clock.js";

/** Which app client, and how to get at it: options that every mode of the doctor takes. */
export interface ClientOptions {
  readonly userPoolId?: string;
  readonly clientId?: string;
  readonly publicUrl?: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly profile?: string;
}

export interface DoctorOptions extends ClientOptions {
  readonly policy?: string;
  readonly failOn?: string;
  readonly replicas?: string;
  readonly sampleToken?: string;
  readonly all?: boolean;
  readonly json?: boolean;
  readonly iam?: boolean;
}

/** Where a command writes, and whether in colours. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly colours: boolean;
  /** Says how far it is, in place of what it said before; "" when it is done. Absent where nobody watches. */
  readonly progress?: (text: string) => void;
}

/** Something that the person has to give, or to write otherwise; its message says what. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Nothing could be looked at, or the command cannot be understood. */
export const COULD_NOT_LOOK = 2;

/** The environment as the options change it: an option goes before its variable, and before the file that holds it. */
export function withOptions(env: Environment, { userPoolId, clientId, publicUrl, endpoint }: ClientOptions): Environment {
  const given = [
    ["COGNITO_USER_POOL_ID", userPoolId],
    ["COGNITO_CLIENT_ID", clientId],
    ["PUBLIC_URL", publicUrl],
    ["COGNITO_ENDPOINT", endpoint],
  ].flatMap(([name, value]) =>
    value === undefined
      ? []
      : [
          [name, value],
          [`${name}_FILE`, undefined],
        ],
  );
  return { ...env, ...Object.fromEntries(given) };
}

/** An app client, open for whoever reads or writes it, and what is known of the proxy in front of it. */
export interface OpenedClient {
  readonly poolId: string;
  readonly clientId: string;
  readonly given: Given;
  readonly admin: CognitoAdmin;
}

function regionFor({ region }: ClientOptions, env: Environment): string | null {
  return region ?? env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"] ?? null;
}

/** What environment and options say. Throws UsageError where they say of something where it is, and nobody can understand it. */
function readGiven(env: Environment, options: ClientOptions): Given {
  const given = readProxyFacts(withOptions(env, options));
  const [misread] = given.misread;
  if (misread !== undefined) throw new UsageError(`${misread.name}: expected ${misread.expected.replaceAll("`", "")}`);
  return given;
}

/** Opens the app client that environment and options name. Throws UsageError where they name none. */
export async function openClient(env: Environment, options: ClientOptions, clock: Clock = systemClock): Promise<OpenedClient> {
  const given = readGiven(env, options);
  const { poolId, clientId, endpoint, wayOut } = given;
  if (poolId === null)
    throw new UsageError("no user pool: set COGNITO_USER_POOL_ID, or give --user-pool-id, such as eu-central-1_AbCdEf123");
  if (clientId === null)
    throw new UsageError("no app client: set COGNITO_CLIENT_ID, or give --client-id; --all looks at every one of the pool");
  const admin = await openCognitoAdmin({
    region: options.region ?? null,
    profile: options.profile ?? null,
    endpoint,
    poolId,
    clientId,
    clock,
    wayOut,
  });
  return { poolId, clientId, given, admin };
}

export function readFailOn(text: string | undefined): FailOn {
  const failOn = FAIL_ON.find((each) => each === (text ?? "warning"));
  if (failOn === undefined) throw new UsageError(`--fail-on takes ${FAIL_ON.join(", ")}`);
  return failOn;
}

function readReplicas(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new UsageError("--replicas takes how many processes of the proxy there are, such as 2");
  return Number(text);
}

function readPolicy(text: string | undefined): LifetimePolicy | null {
  if (text === undefined) return null;
  const reading = parsePolicy(text);
  if (reading.kind === "fault") throw new UsageError(reading.why);
  return reading.policy;
}

/** Reads the file of a sample token, or standard input (`-`); how long its session's cookie is. */
function readSample(path: string | undefined, publicUrl: string | null): number | null {
  if (path === undefined) return null;
  const bytes = sampleCookieBytes(readText(path), publicUrl ?? "https://app.example.com");
  if (bytes === null) throw new UsageError(`--sample-token: ${path} holds no ID token of Cognito's`);
  return bytes;
}

function readText(path: string): string {
  try {
    return readFileSync(path === "-" ? 0 : path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error && typeof error.code === "string" ? ` (${error.code})` : "";
    throw new UsageError(`--sample-token: ${path} cannot be read${code}`);
  }
}

function asJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The least-privilege policy of a mode, as JSON that `aws iam create-policy` takes. */
export function iamText(mode: DoctorMode, env: Environment, options: ClientOptions): string {
  const { poolId } = readGiven(env, options);
  return asJson(iamPolicy(mode, poolId, regionFor(options, env)));
}

async function doctorOfOne(env: Environment, options: DoctorOptions, io: Output): Promise<number> {
  const failOn = readFailOn(options.failOn);
  const policy = readPolicy(options.policy);
  const replicas = readReplicas(options.replicas);
  const sample = readSample(options.sampleToken, readGiven(env, options).proxy.publicUrl);
  const { given, admin } = await openClient(env, options);
  try {
    const examination = await examine(admin, { proxy: given.proxy, policy, replicas, sampleCookieBytes: sample });
    if (examination.kind === "blind") throw new UsageError(`could not look: ${unseenInWords(examination.unseen)}`);
    io.out(options.json ? asJson(reportJson(examination, failOn)) : reportText(examination, io.colours));
    return exitCodeOf(examination.judgement.findings, failOn);
  } finally {
    admin.close();
  }
}

async function doctorOfAll(env: Environment, options: DoctorOptions, io: Output, pause: () => Promise<void>): Promise<number> {
  const failOn = readFailOn(options.failOn);
  const policy = readPolicy(options.policy);
  const { poolId, endpoint, wayOut } = readGiven(env, options);
  const region = options.region ?? (poolId === null ? regionFor(options, env) : regionOfPool(poolId));
  const admin = await openCognitoAdmin({
    region,
    profile: options.profile ?? null,
    endpoint,
    poolId: poolId ?? "",
    clientId: "",
    clock: systemClock,
    wayOut,
  });
  try {
    const { progress = () => {} } = io;
    const told = (done: number, known: number) => progress(`${done} of ${known} app clients, so far`);
    const fleet = await examineFleet({ admin, poolId, policy, pause, progress: told });
    progress("");
    const [unseen] = fleet.unseen;
    if (fleet.rows.length === 0 && unseen !== undefined) throw new UsageError(`could not look: ${unseenInWords(unseen)}`);
    io.out(options.json ? asJson(fleetJson(fleet)) : fleetText(fleet, io.colours));
    const exitCode = exitCodeOf(fleetFindings(fleet), failOn);
    return exitCode === 0 && !isWhole(fleet) ? COULD_NOT_LOOK : exitCode;
  } finally {
    admin.close();
  }
}

/**
 * `cognito-bff doctor`: what is wrong with the app client, and around it. Resolves with the exit code: 0 clean, 1 with findings at or above
 * --fail-on, 2 where it could not look.
 *
 * @param pause waits a moment between calls, where there are many.
 */
export async function doctor(env: Environment, options: DoctorOptions, io: Output, pause: () => Promise<void>): Promise<number> {
  try {
    if (options.iam) {
      io.out(iamText(options.all ? "all" : "doctor", env, options));
      return 0;
    }
    return options.all ? await doctorOfAll(env, options, io, pause) : await doctorOfOne(env, options, io);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.err(`cognito-bff doctor: ${error.message}\n`);
    return COULD_NOT_LOOK;
  }
}
