import { isLoopback } from "../model/loopback.js";
import { regionalEndpoint } from "./idp-client.js";

/** Where tokens come from. */
export interface TokenOrigin {
  readonly userPoolId: string;
  readonly region: string;
  /** Another IDP endpoint; null: AWS's own. */
  readonly endpoint: string | null;
}

/** The `iss` of the pool's tokens, letter for letter: AWS's older form and its newer one, and what an endpoint calls itself. */
export function issuersOf({ userPoolId, region, endpoint }: TokenOrigin): readonly string[] {
  return [
    `${regionalEndpoint(region)}/${userPoolId}`,
    `https://issuer-cognito-idp.${region}.amazonaws.com/${userPoolId}`,
    ...(endpoint === null ? [] : [`${endpoint}/${userPoolId}`]),
  ];
}

/** Names that emulators give themselves: the address they listen on, and LocalStack's, which public DNS leads to 127.0.0.1. */
const OWN_NAMES = new Set(["0.0.0.0", "[::]", "localhost.localstack.cloud"]);

/**
 * Whether an emulator on this machine means its own pool by this `iss`. The port may differ, since a container does not know under which
 * one it is reached: cognito-local writes its own, `http://localhost:9229`. Its keys decide, and they come from the endpoint.
 */
export function isEmulatorsIssuer(iss: unknown, userPoolId: string): boolean {
  if (typeof iss !== "string" || !URL.canParse(iss)) return false;
  const { protocol, origin, hostname } = new URL(iss);
  if (protocol !== "http:" && protocol !== "https:") return false;
  // Letter for letter, so that no user, query or dot segment hides in it.
  return iss === `${origin}/${userPoolId}` && (isLoopback(hostname) || OWN_NAMES.has(hostname));
}
