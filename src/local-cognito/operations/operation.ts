import type { CallContext } from "../common/call-context.js";
import type { JsonObject } from "../common/json.js";
import type { RequestFields } from "../common/request-fields.js";

/** One operation of the API: from the request's members to the answer's, or a CognitoException. */
export type Operation = (fields: RequestFields, call: CallContext) => JsonObject | Promise<JsonObject>;
