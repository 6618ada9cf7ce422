import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Tells whoever started this process where the server is. */
export function listening(server: Pick<Server, "address">): void {
  process.send?.({ port: (server.address() as AddressInfo).port });
  // A profile is written by a process that leaves by itself.
  process.on("SIGTERM", () => process.exit(0));
}
