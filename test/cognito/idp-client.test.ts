import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { InitiateAuthCommand } from "@aws-sdk/client-cognito-identity-provider";
import t, { type Test } from "tap";
import { createIdpClient, regionalEndpoint } from "../../src/cognito/idp-client.js";

const ELSEWHERE = "http://elsewhere.invalid:4566";

/** An environment that would lead any other program with AWS's SDK elsewhere. */
function misleading(t: Test): void {
  const dir = t.testdir();
  const file = join(dir, "config");
  writeFileSync(
    file,
    `[profile other]\nregion = us-west-2\nendpoint_url = ${ELSEWHERE}\nuse_fips_endpoint = true\nretry_mode = adaptive\n`,
  );
  const variables = {
    AWS_ENDPOINT_URL: ELSEWHERE,
    AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: ELSEWHERE,
    AWS_USE_FIPS_ENDPOINT: "true",
    AWS_USE_DUALSTACK_ENDPOINT: "true",
    AWS_REGION: "us-west-2",
    AWS_DEFAULT_REGION: "us-west-2",
    AWS_PROFILE: "other",
    AWS_CONFIG_FILE: file,
    AWS_MAX_ATTEMPTS: "7",
    AWS_RETRY_MODE: "adaptive",
    AWS_DEFAULTS_MODE: "auto",
    AWS_AUTH_SCHEME_PREFERENCE: "sigv4",
    AWS_SDK_UA_APP_ID: "elsewhere",
  };
  const before = new Map(Object.keys(variables).map((name) => [name, process.env[name]]));
  Object.assign(process.env, variables);
  t.teardown(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
}

/** Where a call would go, and how. */
async function askedOf(endpoint: string): Promise<{ url: string; headers: Record<string, string>; attempts: number }> {
  const client = await createIdpClient({ region: "eu-central-1", endpoint, httpsAgent: null });
  const seen: { url: string; headers: Record<string, string> }[] = [];
  client.middlewareStack.add(
    () =>
      async ({ request }) => {
        const { protocol, hostname, port, path, headers } = request as {
          protocol: string;
          hostname: string;
          port?: number;
          path: string;
          headers: Record<string, string>;
        };
        seen.push({ url: `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}`, headers });
        throw Object.assign(new Error("far enough"), { $retryable: {} });
      },
    { step: "finalizeRequest", priority: "low" },
  );
  const command = new InitiateAuthCommand({
    AuthFlow: "REFRESH_TOKEN_AUTH",
    ClientId: "client",
    AuthParameters: { REFRESH_TOKEN: "token" },
  });
  await client.send(command).catch(() => {});
  client.destroy();
  const [first = { url: "", headers: {} }] = seen;
  return { ...first, attempts: seen.length };
}

t.test("nothing in the environment or in AWS's files leads refresh tokens elsewhere", async (t) => {
  misleading(t);
  const asked = await askedOf(regionalEndpoint("eu-central-1"));
  t.equal(asked.url, "https://cognito-idp.eu-central-1.amazonaws.com/");
  t.equal(asked.attempts, 1);
  t.notOk(asked.headers["authorization"], "not signed");
  t.notMatch(JSON.stringify(asked.headers), /elsewhere/);
});

t.test("an endpoint of one's own stays what it is, FIPS and a path included", async (t) => {
  misleading(t);
  for (const endpoint of ["https://cognito-idp-fips.us-east-1.amazonaws.com", "http://127.0.0.1:9229", "https://vpce.example/cognito"])
    t.equal((await askedOf(endpoint)).url.replace(/\/$/, ""), endpoint);
});

t.test("AWS's own endpoints are those of the Region's partition", async (t) => {
  t.equal(regionalEndpoint("us-gov-west-1"), "https://cognito-idp.us-gov-west-1.amazonaws.com");
  t.equal(regionalEndpoint("cn-north-1"), "https://cognito-idp.cn-north-1.amazonaws.com.cn");
});
