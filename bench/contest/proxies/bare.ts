import { startServer } from "../child.js";
import { type Contestant, foreignAuthorization, foreignCookie } from "../contestant.js";

/** One of `servers/`, without sessions. */
export function bare(title: string, server: string): Contestant {
  return {
    title,
    missing: () => null,
    async start(arena) {
      const env = { UPSTREAM: arena.upstream, AUTHORIZATION: foreignAuthorization() };
      const { pid, probe, port, stop } = await startServer(server, env, arena);
      return { pid, probe, url: `http://127.0.0.1:${port}`, cookies: [foreignCookie()], stop };
    },
  };
}
