import { Secret } from "../model/secret.js";

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

interface Access {
  /** To all of its servers. */
  readonly tls: boolean;
  readonly user: string | null;
  readonly password: Secret | null;
}

/** Where a Redis or Valkey is found, and how it is spoken to. */
export type RedisPlace = Access &
  (
    | { readonly kind: "server"; readonly address: RedisAddress; readonly database: number }
    /** Whoever the Sentinels say is the master of that name. */
    | { readonly kind: "sentinel"; readonly sentinels: readonly RedisAddress[]; readonly name: string }
    /** `nodes`: some of them, which know the others. */
    | { readonly kind: "cluster"; readonly nodes: readonly RedisAddress[] }
  );

const PORT = 6379;
/** https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/: "Sentinels by default run listening for connections to TCP port 26379". */
const SENTINEL_PORT = 26379;
const MOST_ADDRESSES = 20;
const LONGEST_URL = 2_048;

// `URL` would repair what it is given, and knows no list of hosts: what was reviewed is what is used.
const URL_PARTS = /^(redis|rediss)(-cluster|-sentinel)?:\/\/(?:([^\s:@/?#\\]*):([^\s:@/?#\\]+)@)?([^\s@/?#\\]+)(?:\/([^\s/?#\\]*))?$/;
const ADDRESS = /^(\[[\da-fA-F:.]+\]|[A-Za-z\d](?:[A-Za-z\d.-]*[A-Za-z\d])?)(?::(\d{1,5}))?$/;
/** Sentinel's own rule for a master's name. */
const MASTER_NAME = /^[A-Za-z0-9._-]{1,100}$/;

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function addressIn(text: string, standardPort: number): RedisAddress | null {
  const [, host, port] = ADDRESS.exec(text) ?? [];
  if (host === undefined || !URL.canParse(`http://${host}`)) return null;
  const number = port === undefined ? standardPort : Number(port);
  // Without the brackets of an IPv6 address.
  return number > 0 && number <= 65_535 ? { host: host.replace(/^\[|\]$/g, ""), port: number } : null;
}

/** An address that `parseRedisUrl` reads, as it may be shown. */
export function withoutLogin(url: string): string {
  const [start, login] = [url.indexOf("//") + 2, url.lastIndexOf("@")];
  return login < start ? url : `${url.slice(0, start)}…${url.slice(login)}`;
}

/** `redis://` and its kin; null where a text is none of them. User and password are percent-encoded in it. */
export function parseRedisUrl(text: string): RedisPlace | null {
  const parts = text.length > LONGEST_URL ? null : URL_PARTS.exec(text);
  if (parts === null) return null;
  const [, scheme, kind, user = "", password = "", hosts = "", path = ""] = parts;
  const [userText, passwordText] = [decoded(user), decoded(password)];
  if (userText === null || passwordText === null) return null;
  const addresses = hosts.split(",").map((host) => addressIn(host, kind === "-sentinel" ? SENTINEL_PORT : PORT));
  const known = addresses.filter((address) => address !== null);
  const [address] = known;
  if (known.length < addresses.length || known.length > MOST_ADDRESSES || !address) return null;
  const access = {
    tls: scheme === "rediss",
    user: userText === "" ? null : userText,
    password: passwordText === "" ? null : new Secret(passwordText),
  };
  switch (kind) {
    case "-sentinel":
      return MASTER_NAME.test(path) ? { ...access, kind: "sentinel", sentinels: known, name: path } : null;
    case "-cluster":
      return path === "" ? { ...access, kind: "cluster", nodes: known } : null;
    default:
      return known.length === 1 && /^\d{0,4}$/.test(path) ? { ...access, kind: "server", address, database: Number(path) } : null;
  }
}
