import type { CognitoState } from "../sign-in/state.js";
import type { Operation } from "./operation.js";
import { groupType } from "./shapes.js";

/** CreateGroup. */
export function createGroup(parts: Pick<CognitoState, "pools" | "directory">): Operation {
  return (fields) => {
    const pool = parts.pools.get(fields.text("UserPoolId"));
    const group = parts.directory.createGroup(pool, {
      name: fields.text("GroupName"),
      description: fields.optionalText("Description"),
      roleArn: fields.optionalText("RoleArn"),
      precedence: fields.integer("Precedence", 0, 2_147_483_647),
    });
    return { Group: groupType(pool, group) };
  };
}
