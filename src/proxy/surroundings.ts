import type { Clock } from "../model/clock.js";
import type { Connections } from "./connections/connections.js";
import type { Places } from "./connections/places.js";
import type { EventStreams } from "./event-streams.js";

/** What the calls of a route are made in. */
export interface Surroundings {
  readonly clock: Clock;
  readonly connections: Connections;
  /** Those of the API that is called. */
  readonly places: Places;
  /** Null: nobody ends its event stream for a restart. */
  readonly streams: EventStreams | null;
}
