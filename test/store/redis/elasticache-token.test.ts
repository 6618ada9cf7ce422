import t from "tap";
import { elastiCacheToken } from "../../../src/store/redis/connection/elasticache-token.js";

const AT_MS = Date.UTC(2026, 10, 20, 19);
const SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/*
 * Computed apart, by botocore 1.43.11: RequestSigner(ServiceId("elasticache"), region, "elasticache", "v4", credentials, emitter)
 * .generate_presigned_url(…, operation_name="connect", expires_in=900), its clock at 2026-11-20T19:00:00Z, without `https://`; AWS's own example in
 * Python does the same.
 */
const CASES = [
  {
    what: "a replication group, with lasting credentials",
    identity: { user: "bff", cache: "sessions", region: "eu-central-1", serverless: false },
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: SECRET },
    token: [
      "sessions/?Action=connect",
      "&User=bff",
      "&X-Amz-Algorithm=AWS4-HMAC-SHA256",
      "&X-Amz-Credential=AKIDEXAMPLE%2F20261120%2Feu-central-1%2Felasticache%2Faws4_request",
      "&X-Amz-Date=20261120T190000Z",
      "&X-Amz-Expires=900",
      "&X-Amz-SignedHeaders=host",
      "&X-Amz-Signature=2c07b1914d2579d8a4dd737e1a0203e2d5d3f98c0ef9043da036ccf00cdffdcf",
    ],
  },
  {
    what: "a serverless cache, with those of a role",
    identity: { user: "bff-user", cache: "sessions-1", region: "us-east-1", serverless: true },
    credentials: { accessKeyId: "ASIDEXAMPLE", secretAccessKey: SECRET, sessionToken: "IQoJb3JpZ2luX2VjE/example+token==" },
    token: [
      "sessions-1/?Action=connect",
      "&User=bff-user",
      "&ResourceType=ServerlessCache",
      "&X-Amz-Algorithm=AWS4-HMAC-SHA256",
      "&X-Amz-Credential=ASIDEXAMPLE%2F20261120%2Fus-east-1%2Felasticache%2Faws4_request",
      "&X-Amz-Date=20261120T190000Z",
      "&X-Amz-Expires=900",
      "&X-Amz-SignedHeaders=host",
      "&X-Amz-Security-Token=IQoJb3JpZ2luX2VjE%2Fexample%2Btoken%3D%3D",
      "&X-Amz-Signature=c1745b8947617d012cf73d2818e5489d5cead26ae78f892194d91767d52f988e",
    ],
  },
];

for (const { what, identity, credentials, token } of CASES)
  t.test(`a token for ElastiCache is what botocore makes: ${what}`, async (t) => {
    t.equal(await elastiCacheToken(identity, credentials, AT_MS), token.join(""));
    t.not(await elastiCacheToken(identity, credentials, AT_MS + 1_000), token.join(""));
  });
