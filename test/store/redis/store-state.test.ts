import { pino } from "pino";
import t from "tap";
import { createStoreState } from "../../../src/store/redis/connection/state.js";
import { clearly } from "../../../src/store/redis/connection/trouble.js";
import { createManualClock } from "../../support/manual-clock.js";

function witnessed() {
  const clock = createManualClock();
  const lines: { readonly event: string; readonly error?: { readonly message: string } }[] = [];
  const state = createStoreState({ clock, log: pino({}, { write: (line) => lines.push(JSON.parse(line)) }) });
  const said = () => lines.splice(0).map(({ event, error }) => error?.message ?? event);
  /** Tried every second, for a minute. */
  function awayFor(error: (second: number) => Error): void {
    for (let second = 0; second < 60; second += 1) {
      state.away(error(second));
      clock.advance(1_000);
    }
  }
  return { state, said, awayFor };
}

t.test("each cause of an outage is told of once: one that came later is what an operator has to mend", async (t) => {
  const { state, said, awayFor } = witnessed();
  state.there();
  const closed = new Error("Socket closed unexpectedly");
  const causes = [closed, Object.assign(new Error("connect"), { code: "ECONNREFUSED" }), new Error("WRONGPASS invalid user")].map(clearly);
  awayFor((second) => causes[Math.floor(second / 20)] ?? closed);
  t.same(said(), ["it closed the connection, or went away", "connect", "it refuses the user name or the password"]);
  state.there();
  t.same(said(), ["store_back"]);
  t.notOk("code" in clearly(closed), "no empty code");
  awayFor(() => clearly(closed));
  t.same(said(), ["it closed the connection, or went away"], "the next outage is told of anew");
});

t.test("causes that change with every attempt are no line for each", async (t) => {
  const { state, said, awayFor } = witnessed();
  state.there();
  awayFor((second) => new Error(`port ${second}`));
  awayFor((second) => new Error(`port ${second + 60}`));
  t.equal(said().length, 5);
});

for (const [said, advice] of [
  ["ERR unknown command 'SENTINEL', with args beginning with: 'get-master-addr-by-name'", /no Sentinel/],
  ['Unknown RESP type 72 "H"', /no Redis or Valkey/],
  ["NOPERM User bff has no permissions to run the 'evalsha' command", /docs\/scaling\.md/],
] as const)
  t.test(`what stands in the way is told in words: ${said.slice(0, 24)}`, async (t) => {
    t.match(clearly(new Error(said)).message, advice);
  });
