import type { FastifyInstance } from "fastify";
import type { CorsOrigins } from "../common/cors.js";
import { serialization, unknownOperation } from "../common/exceptions.js";
import { isObject } from "../common/json.js";
import { RequestFields } from "../common/request-fields.js";
import { apiAnswer, apiStyle } from "../controls/endpoint-style.js";
import type { Gate } from "../controls/gate.js";
import { OPERATION_NAMES, operationTable, RATE_CATEGORIES } from "../operations/table.js";
import type { CognitoState } from "../sign-in/state.js";

const TARGET_PREFIX = "AWSCognitoIdentityProviderService.";

function operationName(target: string | string[] | undefined): string {
  const name = typeof target === "string" && target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : "";
  return OPERATION_NAMES.includes(name) ? name : "unknown";
}

function parseMembers(body: unknown): RequestFields {
  let members: unknown;
  try {
    members = JSON.parse(typeof body === "string" ? body : "");
  } catch {
    throw serialization("The request body is not JSON.");
  }
  if (!isObject(members)) {
    throw serialization("The request body is not a structure.");
  }
  return new RequestFields(members);
}

/** What the caller names as its auth flow, as long as it looks like one. */
function requestedFlow(body: unknown): string | null {
  return /"AuthFlow"\s*:\s*"([A-Z_]{1,40})"/.exec(typeof body === "string" ? body : "")?.[1] ?? null;
}

/** `POST /`: the user pools API over AWS JSON 1.1, told apart by X-Amz-Target. Signatures are not asked for and not checked. */
export function registerApi(app: FastifyInstance, state: CognitoState, gate: Gate, cors: CorsOrigins): void {
  const operations = operationTable(state);
  // Only this content type, which a page of another site cannot send without a preflight that is answered to named origins alone.
  app.addContentTypeParser("application/x-amz-json-1.1", { parseAs: "string" }, (_request, body, done) => done(null, body));
  app.post("/", { onRequest: cors.open(app, "POST", "/") }, (request, reply) => {
    // SDKs outside browsers send no Origin. A page does, its own too, when it reaches us under its own name by DNS rebinding.
    const { origin } = request.headers;
    if (origin !== undefined && !cors.has(origin)) return reply.code(403).send({ message: "Browsers may not use this API here." });
    const name = operationName(request.headers["x-amz-target"]);
    return gate.pass(reply, {
      operation: name,
      flow: requestedFlow(request.body),
      style: apiStyle,
      quota: RATE_CATEGORIES[name] ?? null,
      async run(context) {
        const operation = operations.get(name);
        if (operation === undefined) {
          throw unknownOperation("Local Cognito does not know this operation.");
        }
        const output = await operation(parseMembers(request.body), context);
        return apiAnswer(200, JSON.stringify(output), {}, "ok");
      },
    });
  });
}
