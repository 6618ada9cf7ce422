import type { Environment } from "../../config/given-settings.js";
import { findingLines, tally } from "../../doctor/examination/report.js";
import { exitCodeOf } from "../../doctor/finding.js";
import { PROBE_CHECKS, probeDeployment } from "../../doctor/probe/probe.js";
import { type Send, sendOver } from "../../doctor/probe/send.js";
import type { Deployment } from "../../doctor/probe/visits.js";
import { painter, wrapped } from "../../doctor/text.js";
import { systemClock } from "../../model/clock.js";
import { DEFAULT_AUTH_PREFIX } from "../../wire/paths.js";
import { COULD_NOT_LOOK, type Output, readFailOn, UsageError } from "./doctor.js";

export interface UrlOptions {
  readonly url: string;
  readonly failOn?: string;
  readonly json?: boolean;
}

/** The deployment that an address means: an origin, as PUBLIC_URL is one. */
function deploymentAt(text: string, env: Environment): Deployment {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isOrigin = url !== null && url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "";
  if (!isOrigin || !/^https?:$/.test(url.protocol))
    throw new UsageError("--url takes the address that the browser shows, without a path: https://app.example.com");
  return { origin: url.origin, authPrefix: env["AUTH_PREFIX"] || DEFAULT_AUTH_PREFIX };
}

/**
 * `cognito-bff doctor --url URL`: what is wrong with a running deployment as its visitors see it. Resolves with the exit code: 2 also where nothing
 * of the proxy answers.
 */
export async function doctorOfUrl(env: Environment, options: UrlOptions, io: Output, send: Send = sendOver(systemClock)): Promise<number> {
  try {
    const failOn = readFailOn(options.failOn);
    const deployment = deploymentAt(options.url, env);
    const probing = await probeDeployment(deployment, send);
    if (probing.kind === "blind") throw new UsageError(`could not look: ${probing.why}`);
    const { findings, passed } = probing;
    if (options.json) io.out(`${JSON.stringify({ url: deployment.origin, findings, passed, fail_on: failOn }, null, 2)}\n`);
    else
      io.out(
        `${[
          painter(io.colours).strong(deployment.origin),
          ...wrapped(`${passed.length} of ${PROBE_CHECKS.length} checks passed, from this machine's place in the network.`, ""),
          ...findingLines(findings, io.colours),
          "",
          tally(findings),
        ].join("\n")}\n`,
      );
    return exitCodeOf(findings, failOn);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.err(`cognito-bff doctor: ${error.message}\n`);
    return COULD_NOT_LOOK;
  }
}
