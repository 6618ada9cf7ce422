import { createServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import { CognitoJwtVerifier } from "aws-jwt-verify";

/** Says whose token it is. Rejects where it is nobody's. */
type Verify = (token: string) => Promise<{ readonly sub: string }>;

/**
 * An API behind the proxy: it checks every token itself, as it would without one. Its 401 has no BFF-Problem, so that the app can tell it from
 * a session that has ended.
 */
export function createApi(verify: Verify): Server {
  return createServer(async (request, response) => {
    const [, token = ""] = /^Bearer (.+)$/.exec(request.headers.authorization ?? "") ?? [];
    try {
      const { sub } = await verify(token);
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ sub, body: Buffer.concat(chunks).toString() }));
    } catch {
      response.writeHead(401).end();
    }
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { COGNITO_USER_POOL_ID: userPoolId = "", COGNITO_CLIENT_ID: clientId = "" } = process.env;
  const verifier = CognitoJwtVerifier.create({ userPoolId, clientId, tokenUse: "id" });
  createApi((token) => verifier.verify(token)).listen(8080);
}
