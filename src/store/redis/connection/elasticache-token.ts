import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";

/** Who logs in to an ElastiCache that authenticates by IAM. */
export interface CacheIdentity {
  /** Its user id, which has to be its user name as well. */
  readonly user: string;
  /** The replication group's id, or the serverless cache's name. */
  readonly cache: string;
  readonly region: string;
  readonly serverless: boolean;
}

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Long enough to connect with: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html, "valid for 15 minutes". */
const LASTS_SECONDS = 900;

class Sha256 {
  readonly #begin: () => Hash | Hmac;
  #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = secret === undefined || typeof secret === "string" ? secret : bytesOf(secret);
    this.#begin = () => (key === undefined ? createHash("sha256") : createHmac("sha256", key));
    this.#hash = this.#begin();
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === "string" ? data : bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#begin();
  }
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
}

/** RFC 3986, as AWS signs it. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** What botocore puts before and after what it signs with; the order is no matter to AWS. */
const ORDER = ["Action", "User", "ResourceType", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires"];
const LAST = ["X-Amz-SignedHeaders", "X-Amz-Security-Token", "X-Amz-Signature"];

/** The password of a moment: the address of a signed request for `connect`, without its scheme. */
export async function elastiCacheToken(
  { user, cache, region, serverless }: CacheIdentity,
  credentials: AwsCredentials,
  nowMs: number,
): Promise<string> {
  // Later than the file: who does not authenticate by IAM never loads it.
  const { SignatureV4 } = await import("@smithy/signature-v4");
  const signer = new SignatureV4({ service: "elasticache", region, credentials, sha256: Sha256 });
  const request = {
    method: "GET",
    protocol: "http:",
    hostname: cache,
    path: "/",
    headers: { host: cache },
    query: { Action: "connect", User: user, ...(serverless ? { ResourceType: "ServerlessCache" } : {}) },
  };
  const { query = {} } = await signer.presign(request, { expiresIn: LASTS_SECONDS, signingDate: new Date(nowMs) });
  const pairs = [...ORDER, ...LAST].flatMap((name) => {
    const value = query[name];
    return typeof value === "string" ? [`${name}=${escaped(value)}`] : [];
  });
  return `${cache}/?${pairs.join("&")}`;
}
