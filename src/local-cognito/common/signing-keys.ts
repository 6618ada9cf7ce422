import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { JsonObject } from "./json.js";

/** One RSA key pair and the id under which the JWKS publishes it. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Private keys given from outside, so that a test can sign with them or expect them. */
export interface GivenKeys {
  /** Private key that signs ID tokens, PEM. */
  readonly id: string;
  /** Private key that signs access tokens, PEM. */
  readonly access: string;
}

function signingKey(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey);
  const kid = createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("base64");
  return { kid, privateKey, publicKey };
}

const generate = promisify(generateKeyPair);

async function generateKey(): Promise<SigningKey> {
  const { privateKey } = await generate("rsa", { modulusLength: 2048 });
  return signingKey(privateKey);
}

// Making an RSA key takes a tenth of a second and more. The n-th pool of every local Cognito in this process shares the n-th pair, so
// that a suite which starts hundreds of servers pays once; pools of one server still differ.
const sharedKeys: Promise<SigningKey>[] = [];

function sharedKey(index: number): Promise<SigningKey> {
  sharedKeys[index] ??= generateKey();
  return sharedKeys[index];
}

/** The two key pairs of a user pool: as at Cognito, ID and access tokens are signed by different keys. */
export class SigningKeys {
  #id: SigningKey;
  #access: SigningKey;
  #published: readonly SigningKey[];

  private constructor(id: SigningKey, access: SigningKey) {
    this.#id = id;
    this.#access = access;
    this.#published = [id, access];
  }

  /** The keys of the n-th pool of a server, made on first use and shared within the process. */
  static async ofPool(index: number): Promise<SigningKeys> {
    const [id, access] = await Promise.all([sharedKey(index * 2), sharedKey(index * 2 + 1)]);
    return new SigningKeys(id, access);
  }

  static given(keys: GivenKeys): SigningKeys {
    return new SigningKeys(signingKey(createPrivateKey(keys.id)), signingKey(createPrivateKey(keys.access)));
  }

  get id(): SigningKey {
    return this.#id;
  }

  get access(): SigningKey {
    return this.#access;
  }

  find(kid: string): SigningKey | undefined {
    return this.#published.find((key) => key.kid === kid);
  }

  /** Signs with two new keys from now on. The previous two stay published, so that tokens already issued still verify. */
  async rotate(): Promise<void> {
    const previous = [this.#id, this.#access];
    const [id, access] = await Promise.all([generateKey(), generateKey()]);
    this.#id = id;
    this.#access = access;
    this.#published = [id, access, ...previous];
  }

  /** The JSON Web Key Set (RFC 7517 section 5). */
  jwks(): JsonObject {
    return {
      keys: this.#published.map(({ kid, publicKey }) => {
        const { n, e } = publicKey.export({ format: "jwk" });
        return { alg: "RS256", e, kid, kty: "RSA", n, use: "sig" };
      }),
    };
  }
}
