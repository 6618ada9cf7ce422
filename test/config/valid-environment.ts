import { createHash } from "node:crypto";
import type { Config } from "../../src/config/config.js";
import { type ConfigParsing, parseEnvironment } from "../../src/config/parse-config.js";

/** A session key that is the same in every run. */
export function testKey(name: string): string {
  return createHash("sha256").update(name).digest("base64");
}

export const SECRET = "abcdefghijklmnop1234567890SECRET";

/** The least that parses without a fault and without a warning. */
export const VALID: Readonly<Record<string, string>> = {
  PUBLIC_URL: "https://app.example.com",
  COGNITO_USER_POOL_ID: "eu-central-1_AbCdEf123",
  COGNITO_CLIENT_ID: "3n4b5urk1ft4fl3mg5e62d9ado",
  COGNITO_CLIENT_SECRET: SECRET,
  COGNITO_DOMAIN: "my-app.auth.eu-central-1.amazoncognito.com",
  SESSION_KEYS: testKey("first"),
  TRUST_PROXY: "1",
  DRAIN_DELAY: "15s",
};

export function parseWith(changes: Readonly<Record<string, string | undefined>>): ConfigParsing {
  return parseEnvironment({ ...VALID, ...changes });
}

/** The configuration, or an error that lists the faults. */
export function configOf(parsing: ConfigParsing): Config {
  if (parsing.kind === "config") return parsing.config;
  throw new Error(JSON.stringify(parsing.faults));
}

export function configWith(changes: Readonly<Record<string, string | undefined>>): Config {
  return configOf(parseWith(changes));
}

/** Every fault in one line each: NAME: expected [got]. */
export function faultsOf(parsing: ConfigParsing): string[] {
  if (parsing.kind === "config") return [];
  return parsing.faults.map(({ name, expected, got }) => `${name}: ${expected}${got === undefined ? "" : ` [${got}]`}`);
}

export function faultsWith(changes: Readonly<Record<string, string | undefined>>): string[] {
  return faultsOf(parseWith(changes));
}
