import { createHmac } from "node:crypto";
import type { LocalCognitoClock } from "../common/clock.js";
import { invalidParameter, limitExceeded, refusals, resourceNotFound } from "../common/exceptions.js";
import { equalSecret, newClientId, newClientSecret } from "../common/random-text.js";
import type { ClientSettings } from "./client-settings.js";

export interface ClientSecret {
  /** `<client id>--<epoch milliseconds>`, as ClientSecretDescriptorType documents it. */
  readonly id: string;
  readonly value: string;
  readonly createdAtMs: number;
}

export interface AppClient {
  readonly id: string;
  readonly poolId: string;
  readonly createdAtMs: number;
  modifiedAtMs: number;
  settings: ClientSettings;
  /** How long managed login's own session spares a sign-in with this client; kept and told, not acted on. 60 minutes unless told. */
  ssoMinutes: number;
  /** None for a public client; two while a secret is being rotated. */
  secrets: readonly ClientSecret[];
}

const MOST_SECRETS = 2;
const SECRET_FORM = /^[\w+]{24,64}$/;

/** base64(HMAC-SHA256(secret, username + clientId)): https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html */
function secretHash(secret: string, username: string, clientId: string): string {
  return createHmac("sha256", secret).update(`${username}${clientId}`).digest("base64");
}

/** Whether the hash was made with one of the client's active secrets over this username. */
export function secretHashMatches(client: AppClient, username: string, hash: string): boolean {
  return client.secrets.some((secret) => equalSecret(secretHash(secret.value, username, client.id), hash));
}

/** Whether the text is one of the client's active secrets. */
export function secretMatches(client: AppClient, given: string): boolean {
  return client.secrets.some((secret) => equalSecret(secret.value, given));
}

/** The app clients of all pools. */
export class AppClients {
  readonly #clock: LocalCognitoClock;
  readonly #clients = new Map<string, AppClient>();

  constructor(clock: LocalCognitoClock) {
    this.#clock = clock;
  }

  create(given: { poolId: string; clientId: string | null; settings: ClientSettings; secrets: readonly string[] }): AppClient {
    const id = given.clientId ?? newClientId();
    if (this.#clients.has(id)) {
      throw invalidParameter(`User pool client ${id} already exists.`);
    }
    const nowMs = this.#clock.now();
    const client: AppClient = {
      id,
      poolId: given.poolId,
      createdAtMs: nowMs,
      modifiedAtMs: nowMs,
      settings: given.settings,
      ssoMinutes: 60,
      secrets: [],
    };
    for (const secret of given.secrets) {
      this.addSecret(client, secret);
    }
    this.#clients.set(id, client);
    return client;
  }

  /** The client; ResourceNotFoundException when there is none. */
  get(clientId: string): AppClient {
    const client = this.#clients.get(clientId);
    if (client === undefined) {
      throw refusals.clientNotFound(clientId.slice(0, 128));
    }
    return client;
  }

  /** The client of that pool; ResourceNotFoundException when there is none. */
  getOf(poolId: string, clientId: string): AppClient {
    const client = this.get(clientId);
    if (client.poolId !== poolId) {
      throw refusals.clientNotFound(clientId.slice(0, 128));
    }
    return client;
  }

  find(clientId: string): AppClient | undefined {
    return this.#clients.get(clientId);
  }

  listOf(poolId: string): readonly AppClient[] {
    return [...this.#clients.values()].filter((client) => client.poolId === poolId);
  }

  update(client: AppClient, settings: ClientSettings): void {
    client.settings = settings;
    client.modifiedAtMs = this.#clock.now();
  }

  delete(client: AppClient): void {
    this.#clients.delete(client.id);
  }

  /** Adds a second secret. InvalidParameterException for a malformed one, LimitExceededException beyond two. */
  addSecret(client: AppClient, value: string = newClientSecret()): ClientSecret {
    if (!SECRET_FORM.test(value)) {
      throw invalidParameter("Client secret must have 24 to 64 word characters or plus signs.");
    }
    if (client.secrets.length >= MOST_SECRETS) {
      throw limitExceeded(`Client ${client.id} already has ${MOST_SECRETS} active secrets.`);
    }
    const createdAtMs = this.#clock.now();
    const newest = Number(client.secrets.at(-1)?.id.split("--")[1] ?? 0);
    const secret = { id: `${client.id}--${Math.max(createdAtMs, newest + 1)}`, value, createdAtMs };
    client.secrets = [...client.secrets, secret];
    return secret;
  }

  /** Deletes one of two secrets: "You cannot delete the last remaining secret for an app client" (API reference). */
  deleteSecret(client: AppClient, secretId: string): void {
    const left = client.secrets.filter((secret) => secret.id !== secretId);
    if (left.length === client.secrets.length) {
      throw resourceNotFound(`Client secret ${secretId.slice(0, 128)} does not exist.`);
    }
    if (left.length === 0) {
      throw invalidParameter("You cannot delete the last remaining secret for an app client.");
    }
    client.secrets = left;
  }
}
