import t from "tap";
import { type Match, ROUNDS_OF_A_PROCESS, takeTurns } from "../../bench/contest/measures/rounds.js";

/** A match of three whose turns are what they are called and when they came. */
function matchOf(rounds: number, options: Partial<Match<string, string>> = {}) {
  const log: string[] = [];
  const match: Match<string, string> = {
    rounds,
    async start() {
      log.push("start");
      return {
        players: new Map(["a", "b", "c"].map((name) => [name, name])),
        async stop() {
          log.push("stop");
        },
      };
    },
    async warmUp(player) {
      log.push(`warm ${player}`);
    },
    roundBegins: (round) => log.push(`round ${round}`),
    async turn(player) {
      log.push(player);
      return player;
    },
    ...options,
  };
  return { match, log };
}

t.test("everybody takes a turn in each round, beginning with another one each time", async (t) => {
  const { match, log } = matchOf(2);
  const { rounds, failed } = await takeTurns(match);
  t.same(log, ["start", "warm a", "warm b", "warm c", "round 0", "a", "b", "c", "round 1", "b", "c", "a", "stop"]);
  t.same(rounds, { a: ["a", "a"], b: ["b", "b"], c: ["c", "c"] });
  t.equal(failed.size, 0);
});

t.test("everybody is started anew after some rounds, and warmed up again", async (t) => {
  const { match, log } = matchOf(2 * ROUNDS_OF_A_PROCESS + 1);
  const { rounds } = await takeTurns(match);
  t.equal(rounds["a"]?.length, 2 * ROUNDS_OF_A_PROCESS + 1);
  for (const what of ["start", "warm a", "stop"]) t.equal(log.filter((each) => each === what).length, 3, what);
});

t.test("who fails takes no more part and has no figures; the others go on", async (t) => {
  let turns = 0;
  const { match } = matchOf(3, {
    async turn(player) {
      if (player === "b" && ++turns === 2) throw new Error("answered 502");
      return player;
    },
  });
  const { rounds, failed } = await takeTurns(match);
  t.same(Object.keys(rounds), ["a", "c"]);
  t.equal(rounds["a"]?.length, 3);
  t.same([...failed], [["b", "answered 502"]]);
  t.equal(turns, 2);
});

t.test("who fails while it warms up takes no turn", async (t) => {
  const { match, log } = matchOf(1, {
    async warmUp(player) {
      if (player === "c") throw new Error("no answer");
    },
  });
  const { failed } = await takeTurns(match);
  t.same([...failed], [["c", "no answer"]]);
  t.notOk(log.includes("c"));
});

t.test("who does not start once more has no figures", async (t) => {
  let starts = 0;
  const { match } = matchOf(ROUNDS_OF_A_PROCESS + 1, {
    async start() {
      const names = ++starts === 1 ? ["a", "b"] : ["a"];
      return { players: new Map(names.map((name) => [name, name])), async stop() {} };
    },
  });
  const { rounds } = await takeTurns(match);
  t.same(Object.keys(rounds), ["a"]);
});
