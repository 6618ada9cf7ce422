import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";
import { pageOf } from "./paging.js";

/** ListUserPoolClients, paged. */
export function listUserPoolClients(parts: Pick<CognitoState, "pools" | "clients">): Operation {
  return (fields) => {
    const pool = parts.pools.get(fields.text("UserPoolId"));
    const limit = fields.integer("MaxResults", 1, 60) ?? 60;
    const { page, next } = pageOf(parts.clients.listOf(pool.id), limit, fields.optionalText("NextToken"));
    return {
      UserPoolClients: page.map((client) => ({ ClientId: client.id, UserPoolId: pool.id, ClientName: client.settings.ClientName })),
      NextToken: next,
    };
  };
}
