import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import t from "tap";
import { olderNodeAdvice } from "../../src/commands/node-version.js";

const MAIN = new URL("../../src/main.js", import.meta.url).pathname;
const ENVIRONMENT = {
  PATH: process.env["PATH"] ?? "",
  PUBLIC_URL: "http://localhost:3000",
  HOST: "127.0.0.1",
  PORT: "0",
  MANAGEMENT_PORT: "0",
  COGNITO_USER_POOL_ID: "us-east-1_Local0001",
  COGNITO_CLIENT_ID: "client",
  COGNITO_PUBLIC_CLIENT: "true",
  SESSION_KEYS: randomBytes(32).toString("base64"),
};

/** What `start` says beside its log until it listens. */
async function warningsOf(options: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [...options, MAIN, "start"], { env: ENVIRONMENT, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stdout.on("data", (chunk: Buffer) => {
    log += chunk.toString();
    if (log.includes("is listening")) child.kill("SIGTERM");
  });
  await once(child, "close");
  return said;
}

t.test("a start warns of nothing but an older Node.js, and of that in one line, unless Node.js has been told not to warn", async (t) => {
  const advice = olderNodeAdvice(process.versions.node);
  t.equal(await warningsOf([]), advice === null ? "" : `cognito-bff: ${advice}\n`);
  t.equal(await warningsOf(["--no-warnings"]), "");
});
