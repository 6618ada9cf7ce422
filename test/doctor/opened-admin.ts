import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type CognitoAdmin, type CognitoAdminOptions, openCognitoAdmin } from "../../src/doctor/cognito-admin.js";
import { systemClock } from "../../src/model/clock.js";
import { CLIENT_ID, POOL_ID } from "../local-cognito/running-cognito.js";

interface Test {
  teardown(end: () => unknown): void;
}

/** What the doctor reads and writes with, at an endpoint; it ends with the test. */
export async function openedAdmin(t: Test, endpoint: string, options: Partial<CognitoAdminOptions> = {}): Promise<CognitoAdmin> {
  const admin = await openCognitoAdmin({
    region: null,
    profile: null,
    endpoint,
    poolId: POOL_ID,
    clientId: CLIENT_ID,
    clock: systemClock,
    ...options,
  });
  t.teardown(() => admin.close());
  return admin;
}

export interface CannedAnswer {
  readonly status?: number;
  readonly date?: Date;
  readonly body: unknown;
}

/** An endpoint that answers every operation with what is given for it, and an empty structure else; resolves with its URL. */
export async function answering(t: Test, answers: Readonly<Record<string, CannedAnswer>>): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    const operation = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
    const { status = 200, date, body } = answers[operation] ?? { body: {} };
    if (date !== undefined) response.setHeader("date", date.toUTCString());
    response
      .writeHead(status, { "content-type": "application/x-amz-json-1.1" })
      .end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
