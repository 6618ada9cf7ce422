import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { freePort } from "../../src/demo/free-port.js";
import { DEFAULT_SEED } from "../../src/local-cognito/index.js";
import { Person } from "../support/person.js";

const MAIN = fileURLToPath(new URL("../../src/main.js", import.meta.url));

t.test("cognito-bff demo puts somebody's own app and API on its stage, and says how to let a session end", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "own-app-"));
  t.teardown(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "index.html"), "<!doctype html><title>My own</title>");
  const api = createServer((request, response) => response.end(`mine: ${request.headers.authorization?.slice(0, 9)}`));
  api.listen(0, "127.0.0.1");
  await once(api, "listening");
  t.teardown(() => api.close());

  const [port, cognitoPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, ["--no-warnings", MAIN, "demo"], {
    env: {
      PATH: process.env["PATH"] ?? "",
      PORT: `${port}`,
      LOCAL_COGNITO_PORT: `${cognitoPort}`,
      SPA_DIR: folder,
      PROXY_ROUTES: `/mine=http://127.0.0.1:${(api.address() as AddressInfo).port}`,
    },
    stdio: ["ignore", "pipe", "ignore"],
  });
  t.teardown(() => child.kill("SIGKILL"));
  let said = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    said += chunk;
    if (said.includes("Ctrl+C")) break;
  }

  const person = new Person(`http://localhost:${port}`);
  const page = await person.visit("/");
  t.match(page.text, "<title>My own</title>");
  t.equal(page.headers["content-security-policy"], undefined, "the demo's own policy is of its own page");
  await person.signIn(DEFAULT_SEED.user);
  t.equal((await person.call("/mine/orders")).text, "mine: Bearer ey");

  const [, url = "", json = ""] = /curl (\S+) [^']*'content-type: application\/json' \\\n +-d '([^']+)'/.exec(said) ?? [];
  const moved = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: json });
  t.equal(moved.status, 200);
  t.match((await person.call("/mine/orders")).json(), { reason: "expired", cause: "refresh_token_expired" });
});
