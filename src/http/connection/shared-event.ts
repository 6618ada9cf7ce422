import type { IncomingMessage, Server } from "node:http";

type Accepts = (request: IncomingMessage) => boolean;

/**
 * Whose a request is: `ours`; `others`, who listen as well; or `nobodys`, and ours to serve as Node would, since with a listener there Node itself
 * does nothing any more.
 */
export type Share = "ours" | "others" | "nobodys";

const accepting = { upgrade: new WeakMap<Server, Accepts[]>(), checkContinue: new WeakMap<Server, Accepts[]>() };
const ourListeners = new WeakSet<object>();

/** Marks a listener of ours, whether it takes requests or only looks on: nobody waits for it to serve what is not ours. */
export function ownListener<Listener extends object>(listener: Listener): Listener {
  ourListeners.add(listener);
  return listener;
}

/**
 * For a listener about to be added. An app may hold the plugin twice, for two app clients: each looks after what it accepts, and the first after what
 * nobody does. Left to one another it would never be answered.
 */
export function shareEvent(server: Server, event: keyof typeof accepting, accepts: Accepts): (request: IncomingMessage) => Share {
  const all = accepting[event].get(server) ?? [];
  accepting[event].set(server, all);
  all.push(accepts);
  return (request) => {
    if (accepts(request)) return "ours";
    if (all[0] !== accepts || server.listeners(event).some((listener) => !ourListeners.has(listener))) return "others";
    return all.some((each) => each(request)) ? "others" : "nobodys";
  };
}
