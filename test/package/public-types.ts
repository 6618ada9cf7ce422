/*
 * What must compile for a user, and what must not: each "@ts-expect-error" is an error itself where the line below it has none. Nothing here
 * runs. It is checked with everything else against the sources, and by the test of the tarball against what is published.
 */
import {
  type BffOptions,
  type BffPluginOptions,
  type BffServer,
  type BffSession,
  type Cause,
  type Clock,
  type Config,
  ConfigError,
  cognitoBff,
  createAdjustableClock,
  createServer,
  type ProblemDocument,
  parseConfig,
  type Reason,
  type SessionDocument,
} from "cognito-bff";
import { DEFAULT_SEED, defaultSeed, type LocalCognito, localCognitoAt, signIn, startLocalCognito } from "cognito-bff/local-cognito";
import fastify, { type FastifyInstance } from "fastify";

const required = {
  publicUrl: "https://app.example.com",
  cognitoUserPoolId: "eu-central-1_AbCdEf123",
  cognitoClientId: "client",
  sessionKeys: ["key"],
} as const satisfies Partial<BffOptions>;

// Options: the settings in camel case, in the syntax of the environment or as what they are.
export const minimal: BffOptions = { ...required, sessionKeys: "key" };
export const natural: BffOptions = {
  ...minimal,
  port: 3000,
  cognitoClientSecret: ["new", "old"],
  proxyRoutes: [{ prefix: "/api", target: "http://api.internal:8080", token: "access", stripPrefix: true }],
  trustProxy: ["10.0.0.0/8"],
  spaUrl: undefined,
};
export const asText: BffOptions = { ...minimal, port: "3000", proxyRoutes: "/api=http://api.internal:8080", trustProxy: "1" };

// @ts-expect-error the public URL is required
export const withoutUrl: BffOptions = { cognitoUserPoolId: "pool", cognitoClientId: "client", sessionKeys: ["key"] };
// @ts-expect-error there is no such option
export const misspelt: BffOptions = { ...minimal, cookieSamesite: "lax" };
// @ts-expect-error SameSite=None is not offered
export const sameSiteNone: BffOptions = { ...minimal, cookieSameSite: "none" };
// @ts-expect-error a route needs a target
export const targetless: BffOptions = { ...minimal, proxyRoutes: [{ prefix: "/api" }] };
// @ts-expect-error durations have a unit, so they are text
export const unitless: BffOptions = { ...minimal, refreshEarly: 300 };

// The server: from options or from a parsed environment, on a clock of one's own.
export async function serve(env: Record<string, string | undefined>, clock: Clock): Promise<BffServer> {
  const parsing = parseConfig(env);
  // @ts-expect-error a parsing may be faults
  parsing.config;
  if (parsing.kind === "faults") throw new ConfigError(parsing.faults);
  const config: Config = parsing.config;
  // @ts-expect-error a configuration is frozen
  config.port = 1;
  // @ts-expect-error secrets are no text
  const text: string | undefined = config.cognitoClientSecrets[0];
  // @ts-expect-error not the parsing, its configuration
  await createServer(parsing);
  await createServer({ ...required, sessionKeys: [`${text}`] }, { clock });
  const server = await createServer(config, { clock });
  const { url, managementUrl }: Record<"url" | "managementUrl", string> = await server.listen();
  // @ts-expect-error what the server is made of is private to it
  server.services;
  await server.app.inject(`${url}${managementUrl}`);
  return server;
}

// @ts-expect-error the log's level is the app's own
export const withLevel: BffPluginOptions = { ...required, sessionKeys: ["key"], logLevel: "debug" };

// The plugin: decorates the app that registers it, and routes beside it.
export async function embed(app: FastifyInstance, options: BffPluginOptions): Promise<void> {
  await app.register(cognitoBff, options);
  await fastify({ logger: true }).register(cognitoBff, options);
  // @ts-expect-error options are needed
  await app.register(cognitoBff);
  app.get("/report", { onRequest: app.bff.requireSession }, async (request) => {
    // @ts-expect-error null on routes without the hook
    request.bff.user;
    // @ts-expect-error the refresh token is nobody's
    request.bff?.token("refresh");
    const session: BffSession | null = request.bff;
    return session?.user.email ?? (await app.bff.metrics.metrics());
  });
}

// Documents: closed lists of reasons and causes.
export function explain(problem: ProblemDocument, session: SessionDocument): string {
  const reason: Reason = problem.reason;
  const cause: Cause | null | undefined = problem.cause;
  // @ts-expect-error no such reason
  if (reason === "session_expired") return "";
  // @ts-expect-error no such cause
  if (cause === "timeout") return "";
  return `${problem.title} ${session.user.sub}`;
}

// Local Cognito, on one clock with the server.
export async function rehearse(): Promise<LocalCognito> {
  const clock = createAdjustableClock();
  const cognito = await startLocalCognito({ port: 0, clock, seed: defaultSeed({ publicUrl: "http://localhost:3000" }) });
  cognito.faults.add({ operation: "InitiateAuth", fault: "throttle", times: 3 });
  // @ts-expect-error no such fault
  cognito.faults.add({ operation: "InitiateAuth", fault: "earthquake" });
  clock.advance(31 * 86_400_000);
  const { clientSecret }: { readonly clientSecret: string } = DEFAULT_SEED;
  await createServer({ ...required, sessionKeys: ["key"], cognitoEndpoint: cognito.url, cognitoClientSecret: clientSecret }, { clock });
  // One line shares the clock the other way round, too.
  await createServer({ ...required, sessionKeys: ["key"] }, { clock: (await startLocalCognito()).clock });
  const { followers, dropped }: { readonly followers: number; readonly dropped: readonly string[] } = await cognito.advance("31d");
  const person = await signIn("http://localhost:3000", DEFAULT_SEED.user);
  const answer: Response = await person.fetch("/api/orders", { method: "POST", body: "{}" });
  const remote = localCognitoAt();
  await remote.addFault({ operation: "InitiateAuth", fault: "throttle", times: answer.status });
  // @ts-expect-error no such fault
  await remote.addFault({ operation: "InitiateAuth", fault: "earthquake" });
  // @ts-expect-error a bare number has no unit
  await cognito.advance(31);
  // @ts-expect-error what has no timers is no clock for a server
  await createServer({ ...required, sessionKeys: ["key"] }, { clock: { now: () => followers + dropped.length, advance() {} } });
  return cognito;
}
