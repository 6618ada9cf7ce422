import { randomBytes } from "node:crypto";
import { DEFAULT_SEED, defaultSeed, startLocalCognito } from "cognito-bff/local-cognito";
import { buildApp } from "./app.js";

const port = Number(process.env["PORT"] ?? 3000);
const publicUrl = `http://localhost:${port}`;
const cognito = await startLocalCognito({ port: 0, seed: defaultSeed({ publicUrl }) });

const app = await buildApp({
  publicUrl,
  cognitoEndpoint: cognito.url,
  cognitoDomain: cognito.url,
  cognitoUserPoolId: DEFAULT_SEED.userPoolId,
  cognitoClientId: DEFAULT_SEED.clientId,
  cognitoClientSecret: DEFAULT_SEED.clientSecret,
  sessionKeys: [randomBytes(32).toString("base64")],
});
await app.listen({ port });
console.log(`${publicUrl}: sign in as ${DEFAULT_SEED.user.email} / ${DEFAULT_SEED.user.password}`);

process.once("SIGINT", async () => {
  await app.close();
  await cognito.close();
});
