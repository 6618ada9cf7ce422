import { invalidParameter } from "../common/exceptions.js";
import type { User } from "../pools/user-pool.js";
import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";
import { pageOf } from "./paging.js";
import { userType } from "./shapes.js";

function attributeOf(user: User, name: string): string | undefined {
  switch (name) {
    case "username":
      return user.username;
    case "sub":
      return user.sub;
    case "cognito:user_status":
      return user.status;
    case "status":
      return user.enabled ? "Enabled" : "Disabled";
    default:
      return user.attributes.get(name);
  }
}

/** Reads `name = "value"` (equal) or `name ^= "value"` (starts with), the two forms the API reference gives for Filter. */
function filterOf(text: string | undefined): (user: User) => boolean {
  if (text === undefined || text === "") {
    return () => true;
  }
  const [, name, operator, value] = /^\s*([\w:]+)\s*(\^?=)\s*\\?"(.*?)\\?"\s*$/.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw invalidParameter("Error while parsing filter");
  }
  return (user) => (operator === "=" ? attributeOf(user, name) === value : (attributeOf(user, name)?.startsWith(value) ?? false));
}

/** ListUsers, with Filter, AttributesToGet and paging (60 a page). */
export function listUsers(parts: Pick<CognitoState, "pools">): Operation {
  return (fields) => {
    const pool = parts.pools.get(fields.text("UserPoolId"));
    const users = [...pool.users.values()].filter(filterOf(fields.optionalText("Filter")));
    const { page, next } = pageOf(users, fields.integer("Limit", 0, 60) || 60, fields.optionalText("PaginationToken"));
    return { Users: page.map((user) => userType(user, fields.texts("AttributesToGet"))), PaginationToken: next };
  };
}
