import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";
import { domainDescription } from "./shapes.js";

/** DescribeUserPoolDomain: an empty description for a domain that nobody has. */
export function describeUserPoolDomain(parts: Pick<CognitoState, "pools">): Operation {
  return (fields) => ({ DomainDescription: domainDescription(parts.pools.findDomain(fields.text("Domain"))) });
}
