import { spawn } from "node:child_process";
import { once } from "node:events";
import t from "tap";
import { openConnection, startAnswerableApi, until } from "../support/kept-connection.js";
import { statusOf } from "../support/raw-http.js";

const MAIN = new URL("../../src/main.js", import.meta.url).pathname;

t.test("start ends with 0 although an API hangs, and with 1 at once on a second signal", async (t) => {
  const api = await startAnswerableApi(t);
  const run = async (shutdownTimeout: string) => {
    const child = spawn(process.execPath, ["--no-warnings", MAIN, "start"], {
      env: {
        PATH: process.env["PATH"] ?? "",
        PUBLIC_URL: "http://localhost:3000",
        HOST: "127.0.0.1",
        PORT: "0",
        MANAGEMENT_PORT: "0",
        COGNITO_USER_POOL_ID: "us-east-1_Local0001",
        COGNITO_CLIENT_ID: "3localcognitodemoclient001",
        COGNITO_CLIENT_SECRET: "localcognitodemosecretforlocalcognitoonlynotsecret1",
        SESSION_KEYS: Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64"),
        PROXY_ROUTES: JSON.stringify([{ prefix: "/open", target: api.url, session: "none", token: "none" }]),
        SHUTDOWN_TIMEOUT: shutdownTimeout,
      },
    });
    t.teardown(() => child.kill("SIGKILL"));
    let text = "";
    child.stdout.on("data", (part: Buffer) => {
      text += part.toString();
    });
    await until(() => text.includes("is listening"));
    const asked = api.next();
    const call = await openConnection(t, /"url":"([^"]+)"/.exec(text)?.[1] ?? "");
    call.send("GET /open/hangs");
    await asked;
    const exit = once(child, "exit");
    child.kill("SIGTERM");
    await until(() => text.includes("no new connections"));
    return { child, call, exit };
  };
  // One after the other: the API tells their calls apart by their order.
  const patient = await run("1s");
  const hurried = await run("60s");
  hurried.child.kill("SIGINT");
  t.same(await hurried.exit, [1, null]);
  t.same(await patient.exit, [0, null]);
  t.equal(statusOf(patient.call.text()), 504);
});
