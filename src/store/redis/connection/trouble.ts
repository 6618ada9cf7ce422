/** What a connection is given up with that nobody greeted in time: on a busy machine a wrong beginning of the address may show by nothing else. */
export const UNANSWERED = "it did not answer within";

/** What an operator can do about it, by the error's code or the beginning of the server's own words. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(?:_LOCALLY)?|CERT_SIGNATURE_FAILURE)/,
    "its certificate is of no authority that is trusted here; SESSION_STORE_CA_FILE names the file with the right one",
  ],
  [/^ERR_TLS_CERT_ALTNAME_INVALID/, "its certificate is for another host name than SESSION_STORE's"],
  [/^CERT_HAS_EXPIRED/, "its certificate has expired"],
  [/^(?:ERR_SSL|EPROTO|ERR_TLS)/, "it does not speak TLS there; redis:// is without, rediss:// with it"],
  [
    /^Connection timeout/,
    "no connection came about in time; is it reachable from here, and is TLS as meant (rediss://, or redis:// without)?",
  ],
  [
    new RegExp(`^${UNANSWERED}`),
    "it did not answer in time; is it reachable from here, and does SESSION_STORE begin as it is: rediss:// with TLS or redis:// without, and redis-cluster:// or rediss-cluster:// for a cluster alone?",
  ],
  [/^Socket closed unexpectedly/, "it closed the connection, or went away"],
  [/^Unknown RESP type/, "what answers there is no Redis or Valkey; SESSION_STORE's host and port"],
  [/^ERR unknown command .?SENTINEL/i, "it is no Sentinel: SESSION_STORE has to begin with redis:// or rediss://"],
  [/^WRONGPASS/, "it refuses the user name or the password"],
  [/^NOAUTH/, "it wants a user name and a password"],
  [/^NOPERM/, "its ACL does not let this user do what is needed; docs/scaling.md has the rights"],
  // Redis 7 and Valkey, and Redis 6, of a command in a script.
  [
    /^ERR (?:ACL failure in script|The user executing the script)/,
    "its ACL does not let this user do what is needed; docs/scaling.md has the rights",
  ],
  [/^MOVED/, "it is a node of a cluster: SESSION_STORE has to begin with redis-cluster:// or rediss-cluster://"],
  [/^ERR This instance has cluster support disabled/, "it is no cluster: SESSION_STORE has to begin with redis:// or rediss://"],
  [/^READONLY/, "it is a replica: SESSION_STORE has to name the server that is written to, or Sentinels"],
  [/^OOM/, "its memory is full"],
  [/^MISCONF/, "it cannot write to its disk, and takes nothing until it can"],
  [/^Could not load credentials/, "AWS's SDK finds no credentials here for SESSION_STORE_IAM: give the task a role"],
  [/^LOADING/, "it is still loading its data"],
  [/^ERR unknown command .?HELLO/i, "it is older than Redis 6"],
];

const codeOf = (error: Error) => ("code" in error && typeof error.code === "string" ? error.code : "");
/** What a server's own words begin with. */
const wordOf = (text: string) => /^[A-Z_]{3,}/.exec(text)?.[0];

/** Which trouble it is, without its text. */
export function nameOf(error: unknown): { readonly name: string; readonly code?: string } {
  if (!(error instanceof Error)) return { name: typeof error };
  const code = codeOf(error) || wordOf(error.message);
  return { name: error.name, ...(code === undefined ? {} : { code }) };
}

/**
 * A server, or what stands before it, repeats what it was sent where it does not know the command ("with args beginning with: …"): a password, an IAM
 * token, a sealed session. Nothing from the first quotation mark on is said.
 */
function withoutArguments(error: Error): Error {
  const [told = ""] = error.message.split(/['"`]| with args/, 1);
  if (told === error.message) return error;
  const code = codeOf(error);
  return Object.assign(new Error(`${told.trimEnd()} …`), { name: error.name }, code === "" ? {} : { code });
}

/** The same trouble in words that say what to do, with its code. */
export function clearly(error: unknown): Error {
  if (!(error instanceof Error)) return new Error("it cannot be connected to");
  const code = codeOf(error);
  for (const [pattern, advice] of ADVICE) {
    const word = [code, error.message].find((text) => pattern.test(text));
    if (word === undefined) continue;
    const named = wordOf(word) ?? code;
    return Object.assign(new Error(advice), named === "" ? {} : { code: named });
  }
  return withoutArguments(error);
}
