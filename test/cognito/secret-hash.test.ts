import t from "tap";
import { secretHash } from "../../src/cognito/secret-hash.js";
import { Secret } from "../../src/model/secret.js";

// Computed apart: printf %s "$username$client_id" | openssl dgst -sha256 -hmac "$secret" -binary | base64
const VECTORS: readonly (readonly [secret: string, username: string, clientId: string, hash: string])[] = [
  [
    "1p0k9j8h7g6f5d4s3a2q1w0e",
    "5f1c2e2a-0b1c-4c55-9f1a-3d2b1c0a9e8f",
    "1example23456789client",
    "h2+3dKrIbvZ+BFI/9eUkRpSMsoejcq/WAL+ehp1qdiw=",
  ],
  ["other_secret+1", "größe@example.com", "1example23456789client", "2tJCQAVNbBnj9uiYbd0XlSUwU3shzn7wATKumPZUAjI="],
  ["s", "", "c", "rg/JAxzckv0qjoR7kM2Lp8YYoNN/dQlNxFgRFl/Llt8="],
];

t.test("SECRET_HASH is what openssl computes over the username and the client id", (t) => {
  for (const [secret, username, clientId, hash] of VECTORS) t.equal(secretHash(new Secret(secret), username, clientId), hash, username);
  t.end();
});

t.test("the username decides: an alias gives another hash", (t) => {
  const secret = new Secret("s");
  t.not(secretHash(secret, "demo@example.com", "client"), secretHash(secret, "5f1c2e2a-0b1c-4c55-9f1a-3d2b1c0a9e8f", "client"));
  t.end();
});
