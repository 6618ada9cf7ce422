import type { Config } from "../../src/config/config.js";
import type { Environment } from "../../src/config/given-settings.js";
import { parseEnvironment } from "../../src/config/parse-config.js";

/** The environment of an operator who runs in production. */
export const OPERATOR = {
  PUBLIC_URL: "https://app.example.com",
  COGNITO_USER_POOL_ID: "eu-central-1_AbCdEf123",
  COGNITO_CLIENT_ID: "3n4b5urk1ft4fl3mg5e62d9ado",
  COGNITO_CLIENT_SECRET: "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmno",
  COGNITO_DOMAIN: "https://auth.example.com",
  SESSION_KEYS: Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64"),
  PROXY_ROUTES: "/api=https://api.internal.example.com/v1,/files=https://files.internal.example.com",
  SPA_DIR: "/srv/spa",
  TRUST_PROXY: "1",
  DRAIN_DELAY: "5s",
} as const;

export function configOf(changes: Environment = {}): Config {
  const parsing = parseEnvironment({ ...OPERATOR, ...changes });
  if (parsing.kind === "faults") throw new Error(JSON.stringify(parsing.faults));
  return parsing.config;
}
