import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";

/** CreateUserPoolDomain: a prefix, or a custom domain with its certificate. */
export function createUserPoolDomain(parts: Pick<CognitoState, "pools">): Operation {
  return (fields) => {
    const pool = parts.pools.get(fields.text("UserPoolId"));
    const certificateArn = fields.fields("CustomDomainConfig")?.text("CertificateArn") ?? null;
    const managedLoginVersion = fields.integer("ManagedLoginVersion", 1, 2) ?? 1;
    parts.pools.addDomain({ domain: fields.text("Domain"), poolId: pool.id, managedLoginVersion, certificateArn });
    return { ManagedLoginVersion: managedLoginVersion };
  };
}
