import { isSignedIn, type SessionClient, type SessionState } from "cognito-bff/client";
import type { Socket } from "socket.io-client";

const subOf = (state: SessionState) => (isSignedIn(state) ? state.session.user.sub : null);

/** Rests the socket while nobody is signed in, and connects it again afterwards. Returns what ends that. */
export function followSession(client: SessionClient, socket: Socket): () => void {
  let sub = subOf(client.session());
  // A refused handshake shows no status: the server is asked what it was about. Whatever else it was, socket.io tries again by itself.
  const ask = () => void client.check();
  socket.on("connect_error", ask);
  const stop = client.subscribe((state, previous) => {
    if (state.status === "unreachable") return;
    const now = subOf(state);
    const isOther = state.status === "signed_out" || (now !== null && sub !== null && now !== sub);
    if (now === null || isOther) socket.disconnect();
    // What waits to be sent is another person's.
    if (isOther) socket.sendBuffer.length = 0;
    if (now !== null && (isOther || !isSignedIn(previous))) socket.connect();
    sub = now ?? sub;
  });
  return () => {
    socket.off("connect_error", ask);
    stop();
  };
}
