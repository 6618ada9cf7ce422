import type { Clock } from "../../../model/clock.js";
import type { RedisPlace } from "../../../network/redis-place.js";
import type { Access, Credentials } from "./client.js";
import { type AwsCredentials, type CacheIdentity, elastiCacheToken } from "./elasticache-token.js";

export interface IamOptions extends CacheIdentity {
  /** AWS's chain of credentials, unless a test says otherwise. */
  readonly aws?: () => Promise<AwsCredentials>;
}

async function chain(region: string): Promise<() => Promise<AwsCredentials>> {
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  return defaultProvider({ clientConfig: { region } });
}

/** A fresh token for each connection, by whatever credentials AWS's chain finds then: those of a role are renewed by it. */
function byToken(iam: IamOptions, clock: Clock): () => Promise<Credentials> {
  let aws = iam.aws;
  return async () => {
    aws ??= await chain(iam.region);
    return { username: iam.user, password: await elastiCacheToken(iam, await aws(), clock.now()) };
  };
}

export function accessTo(place: RedisPlace, ca: string | null, iam: IamOptions | null, clock: Clock): Access {
  const { user, password } = place;
  const known = password && (async () => ({ ...(user === null ? {} : { username: user }), password: password.reveal() }));
  return {
    tls: place.tls && (ca === null ? {} : { ca }),
    credentials: iam ? byToken(iam, clock) : known,
    database: place.kind === "server" ? place.database : 0,
  };
}
