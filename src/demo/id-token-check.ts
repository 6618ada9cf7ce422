import type { TokenVerifier } from "../cognito/token-verifier.js";
import type { Caller } from "./sample-api.js";

/** How the sample API judges a token: it trusts ID tokens of the app client, as any API behind the proxy would. */
export function idTokenCheck(verifier: Pick<TokenVerifier, "verify">): (token: string) => Promise<Caller | null> {
  return async (token) => {
    const verdict = await verifier.verify(token, "id", null);
    if (verdict.kind === "undecidable") throw new Error("the keys cannot be had");
    if (verdict.kind === "invalid") return null;
    const { sub, email } = verdict.claims;
    return typeof sub === "string" ? { sub, ...(typeof email === "string" ? { email } : {}) } : null;
  };
}
