import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import t from "tap";
import { Places } from "../../src/proxy/connections/places.js";
import type { ForwardOutcome } from "../../src/proxy/forward.js";
import { Relay } from "../../src/proxy/relay.js";
import { createManualClock } from "../support/manual-clock.js";
import { isOurCookie, proxyRoute, translationOf } from "./route-fixtures.js";

t.test("a call that ended while it waited for a connection is not sent when there is one", (t) => {
  const clock = createManualClock();
  const request = new IncomingMessage(new Socket());
  request.method = "GET";
  const outcomes: ForwardOutcome[] = [];
  const relay = new Relay(
    {
      request,
      response: new ServerResponse(request),
      route: proxyRoute({ responseHeaderTimeoutMs: 1_000 }),
      upstreamTarget: "/api",
      bearer: null,
      forwarded: { for: "192.0.2.7", proto: "https", host: "app.example.com" },
      translation: translationOf(),
      isOurCookie,
      isStripped: () => false,
      setCookies: () => [],
    },
    {
      clock,
      connections: { dispatch: () => {}, destroy: async () => {} },
      places: new Places(clock, null),
      streams: null,
    },
    (outcome) => outcomes.push(outcome),
  );
  relay.run();
  clock.advance(1_000);
  t.same(outcomes, [{ kind: "timeout" }]);

  const aborted: unknown[] = [];
  relay.onConnect((error) => aborted.push(error));
  t.equal(aborted.length, 1);
  t.end();
});
