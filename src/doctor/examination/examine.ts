import { type Judgement, judgeAll } from "../checks/checks.js";
import type { CognitoAdmin, Looked, Unseen } from "../cognito-admin.js";
import type { Facts, ProxyFacts } from "../facts.js";
import type { LifetimePolicy } from "../policy.js";

/** What the person asking knows, and AWS does not say. */
export interface Circumstances {
  readonly proxy: ProxyFacts;
  readonly policy: LifetimePolicy | null;
  readonly replicas: number | null;
  readonly sampleCookieBytes: number | null;
}

export type Examination =
  | {
      readonly kind: "examined";
      readonly facts: Facts;
      readonly judgement: Judgement;
      /** What could not be looked at, and why. */
      readonly unseen: readonly Unseen[];
    }
  | { readonly kind: "blind"; readonly unseen: Unseen };

/** The domain as the API names it: the prefix of one of AWS's, or a whole custom one; null for what is neither. */
function domainName(managedLogin: string): string | null {
  const host = new URL(managedLogin).hostname;
  const prefix = /^([a-z0-9-]+)\.auth(?:-fips)?\.[a-z0-9-]+\.amazoncognito\.com$/.exec(host)?.[1];
  if (prefix !== undefined) return prefix;
  return host.includes(".") && !/^[\d.]+$/.test(host) ? host : null;
}

function seenOf<T>(looked: Looked<T> | null, unseen: Unseen[]): T | null {
  if (looked === null) return null;
  if (looked.kind === "seen") return looked.value;
  unseen.push(looked);
  return null;
}

/** Looks at one app client and all that is around it, and judges it. Only the client itself has to be readable. */
export async function examine(admin: CognitoAdmin, circumstances: Circumstances): Promise<Examination> {
  const client = await admin.describeClient();
  if (client.kind !== "seen") return { kind: "blind", unseen: client };
  const unseen: Unseen[] = [];
  const pool = seenOf(await admin.describePool(), unseen);
  const { managedLogin } = circumstances.proxy;
  const named = managedLogin === null ? null : domainName(managedLogin);
  const domain = named ?? pool?.CustomDomain ?? pool?.Domain ?? null;
  const facts: Facts = {
    client: client.value,
    pool,
    mfa: seenOf(await admin.describeMfa(), unseen),
    domain: seenOf(domain === null ? null : await admin.describeDomain(domain), unseen),
    poolSessions: seenOf(await admin.poolSessions(), unseen),
    clientSessions: seenOf(await admin.clientSessions(), unseen),
    clockAheadMs: admin.clockAheadMs(),
    ...circumstances,
  };
  return { kind: "examined", facts, judgement: judgeAll(facts), unseen };
}
