import { invalidParameter } from "./common/exceptions.js";
import type { JsonObject } from "./common/json.js";
import { RequestFields } from "./common/request-fields.js";
import { readClientSettings } from "./pools/client-settings.js";
import type { UserPool, UserStatus } from "./pools/user-pool.js";
import type { CognitoState } from "./sign-in/state.js";

/** An app client: what CreateUserPoolClient takes, and its id. Without a `ClientSecret` (24 to 64 word characters) it is public. */
export type SeedClient = JsonObject & {
  readonly ClientId: string;
  readonly ClientName: string;
  readonly ClientSecret?: string;
};

/** A group: what CreateGroup takes. */
export type SeedGroup = {
  readonly GroupName: string;
  readonly Description?: string;
  readonly RoleArn?: string;
  readonly Precedence?: number;
};

/** A user: what AdminCreateUser takes, with a password, groups and, where they matter, `Sub` and status. */
export type SeedUser = {
  readonly Username: string;
  readonly Password: string;
  readonly UserAttributes?: readonly { readonly Name: string; readonly Value: string }[];
  /** Names of the pool's groups. */
  readonly Groups?: readonly string[];
  /** A UUID; made when absent. */
  readonly Sub?: string;
  /** CONFIRMED when absent. */
  readonly UserStatus?: UserStatus;
};

/** A user pool: what CreateUserPool takes, its id, and what is in it. */
export type SeedUserPool = JsonObject & {
  /** In the form `region_xxx`. */
  readonly Id: string;
  readonly PoolName: string;
  /** Private keys, PEM; made when absent. */
  readonly SigningKeys?: { readonly id: string; readonly access: string };
  readonly clients?: readonly SeedClient[];
  readonly groups?: readonly SeedGroup[];
  readonly users?: readonly SeedUser[];
  /** Shown on the sign-in page, so that nobody has to look for it: of a demo. */
  readonly ShownUser?: { readonly username: string; readonly password: string };
};

/** What a local Cognito knows when it starts. */
export interface LocalCognitoSeed {
  readonly userPools: readonly SeedUserPool[];
}

function addClient(state: CognitoState, pool: UserPool, client: SeedClient): void {
  state.clients.create({
    poolId: pool.id,
    clientId: client.ClientId,
    settings: readClientSettings(new RequestFields(client), state.floor, null),
    secrets: client.ClientSecret === undefined ? [] : [client.ClientSecret],
  });
}

function addGroup(state: CognitoState, pool: UserPool, group: SeedGroup): void {
  const { GroupName, Description, RoleArn, Precedence } = group;
  state.directory.createGroup(pool, { name: GroupName, description: Description, roleArn: RoleArn, precedence: Precedence });
}

function addUser(state: CognitoState, pool: UserPool, user: SeedUser): void {
  const created = state.directory.create(pool, {
    name: user.Username,
    attributes: new RequestFields(user).attributes("UserAttributes"),
    password: user.Password,
    status: user.UserStatus ?? "CONFIRMED",
    sub: user.Sub ?? null,
  });
  for (const group of user.Groups ?? []) {
    state.directory.addToGroup(pool, created, group);
  }
}

/** Fills an empty state. Throws CognitoException for what the operations would refuse as well. */
export async function plantSeed(state: CognitoState, seed: LocalCognitoSeed): Promise<void> {
  for (const userPool of seed.userPools) {
    const { Id, PoolName, SigningKeys, clients = [], groups = [], users = [], ShownUser: shownUser = null, ...settings } = userPool;
    if (!/^[a-z]+(-[a-z]+)+-\d_[0-9a-zA-Z]+$/.test(Id)) {
      throw invalidParameter(`The pool id ${Id} must look like us-east-1_Example01.`);
    }
    const pool = await state.pools.create(PoolName, settings, { id: Id, keys: SigningKeys ?? null });
    pool.shownUser = shownUser;
    for (const client of clients) {
      addClient(state, pool, client);
    }
    for (const group of groups) {
      addGroup(state, pool, group);
    }
    for (const user of users) {
      addUser(state, pool, user);
    }
  }
}
