import type { Config } from "../../config/config.js";
import { takesTransportSecurity } from "../../config/kinds/url-kinds.js";

/**
 * The Strict-Transport-Security of HSTS_MAX_AGE (RFC 6797); null where there is none. Never on loopback: browsers keep it by host name and would
 * ask every other server on this machine for TLS, whatever its port. Without includeSubDomains: what other hosts speak is not ours to say.
 */
export function transportSecurity({ publicUrl, hstsMaxAgeMs }: Pick<Config, "publicUrl" | "hstsMaxAgeMs">): string | null {
  if (hstsMaxAgeMs === null || !takesTransportSecurity(publicUrl)) return null;
  return `max-age=${Math.floor(hstsMaxAgeMs / 1000)}`;
}
