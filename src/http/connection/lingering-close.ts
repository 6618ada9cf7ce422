import type { Socket } from "node:net";
import type { Clock } from "../../model/clock.js";

/** How long a connection of ours goes on reading once it has said its last. */
const LINGER_MS = 2_000;

/**
 * Ends a connection with what is written on it as the last. What still comes is read and dropped for a moment: a connection that is closed over
 * unread bytes is reset by the system, and the reset overtakes the answer (RFC 9112 section 9.6).
 */
export function closeLingering(socket: Socket, clock: Clock): void {
  const close = () => socket.destroy();
  if (socket.destroyed) return;
  if (socket.readableEnded) {
    socket.destroySoon();
    return;
  }
  const cancel = clock.after(LINGER_MS, close);
  socket.once("end", close).once("close", cancel);
  socket.end();
  socket.resume();
}
