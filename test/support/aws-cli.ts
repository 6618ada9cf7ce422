import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Test } from "tap";
import { findExecutable } from "./executable.js";

const MISSING = "aws is not on the PATH; npm run test:setup installs AWS's CLI where the distribution has it";

const run = promisify(execFile);

/** AWS's own CLI at an endpoint. */
export interface AwsCli {
  /** The answer of `aws cognito-idp …`, parsed. */
  cognito(...args: readonly string[]): Promise<Record<string, unknown>>;
  /** Runs what somebody would paste into their shell. */
  paste(command: string): Promise<void>;
}

function environment(folder: string): Record<string, string> {
  const { PATH = "", HOME = "" } = process.env;
  return {
    PATH,
    // A version manager's shim looks there for its programs; of AWS's own files none is read.
    HOME,
    AWS_CONFIG_FILE: `${folder}/none`,
    AWS_SHARED_CREDENTIALS_FILE: `${folder}/none`,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_PAGER: "",
  };
}

/**
 * Runs a suite with AWS's CLI as a second opinion. Where it is missing the suite is skipped by name, with `CI=true` too: not every distribution
 * has a package of it.
 */
export async function awsCliSuite(
  t: Test,
  name: string,
  suite: (t: Test, cliAt: (endpoint: string) => AwsCli) => Promise<void>,
): Promise<void> {
  const aws = await findExecutable(["aws"]);
  await t.test(name, aws === null ? { skip: MISSING } : {}, async (t) => {
    if (aws === null) throw new Error(MISSING);
    const env = environment(t.testdir({}));
    await suite(t, (endpoint) => ({
      async cognito(...args) {
        const where = ["--region", "us-east-1", "--endpoint-url", endpoint, "--output", "json"];
        const { stdout } = await run(aws, ["cognito-idp", ...args, ...where], { env });
        return JSON.parse(stdout) as Record<string, unknown>;
      },
      async paste(command) {
        await run("/bin/sh", ["-c", command], { env });
      },
    }));
  });
}
