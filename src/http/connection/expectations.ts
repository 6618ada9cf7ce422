import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { ownListener, shareEvent } from "./shared-event.js";

/**
 * Clients that hold a body back until they hear 100 (Continue), RFC 9110 section 10.1.1. Node would send it before anybody has looked at the
 * request; here they hear it when somebody begins to take the body, and so never before a refusal.
 */
export interface Expectations {
  /**
   * Takes them from a server, before it listens.
   *
   * @param accepts which requests are ours in an app that has others; those hear 100 at once, as from Node.
   */
  listen(server: Server, accepts?: (request: IncomingMessage) => boolean): void;
  /** Somebody begins to take the body. */
  goOn(request: IncomingMessage, response: ServerResponse): void;
}

export function createExpectations(): Expectations {
  const waiting = new WeakSet<IncomingMessage>();
  return {
    listen(server, accepts = () => true) {
      const shareOf = shareEvent(server, "checkContinue", accepts);
      const take = ownListener((request: IncomingMessage, response: ServerResponse) => {
        const share = shareOf(request);
        // An app that looks at expectations itself hands the request on, too.
        if (share === "others") return;
        const ours = share === "ours";
        // Node looks for the word alone, and passes over what else is expected beside it.
        const isAlone = /^100-continue$/i.test(request.headers.expect ?? "");
        if (ours && !isAlone && server.emit("checkExpectation", request, response)) return;
        if (ours) waiting.add(request);
        else response.writeContinue();
        server.emit("request", request, response);
      });
      server.on("checkContinue", take);
    },
    goOn(request, response) {
      if (request.headers.expect !== undefined && waiting.delete(request) && !response.headersSent) response.writeContinue();
    },
  };
}
