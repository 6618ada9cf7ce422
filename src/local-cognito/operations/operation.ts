import type { CallContext } from "../call-context.js";
import type { JsonObject } from "../json.js";
import type { RequestFields } from "../request-fields.js";

/** One operation of the API: from the request's members to the answer's, or a CognitoException. */
export type Operation = (fields: RequestFields, call: CallContext) => JsonObject | Promise<JsonObject>;
