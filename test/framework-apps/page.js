/* What the apps of all frameworks show to their test: how many clients are open, and a line for everything the frameworks complain of. */
export const query = new URLSearchParams(location.search);

globalThis.channels = { opened: 0, closed: 0 };
globalThis.complaints = [];
for (const level of ["warn", "error"]) console[level] = (...parts) => globalThis.complaints.push(parts.map(String).join(" "));

const { BroadcastChannel } = globalThis;
globalThis.BroadcastChannel = class extends BroadcastChannel {
  constructor(name) {
    super(name);
    globalThis.channels.opened += 1;
  }
  close() {
    globalThis.channels.closed += 1;
    super.close();
  }
};

/** A client that has its answer before the framework sees it; null where the framework makes its own. */
export async function givenClient(createSessionClient) {
  if (!query.has("given")) return undefined;
  const client = createSessionClient();
  await client.check();
  return client;
}
