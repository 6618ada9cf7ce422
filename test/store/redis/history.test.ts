import t from "tap";
import { silentLog } from "../../../src/model/log.js";
import { createHistory } from "../../../src/store/redis/connection/history.js";
import { createManualClock, flush } from "../../support/manual-clock.js";

const infoOf = (digit: string) => [`# Replication\r\nrole:master\r\nconnected_slaves:0\r\nmaster_replid:${digit.repeat(40)}\r\n`];

/** Servers that answer with a history, or cannot be asked. */
function rig() {
  const clock = createManualClock();
  let answer: readonly unknown[] | null = null;
  const askAll = async () => {
    if (!answer) throw new Error("away");
    return answer;
  };
  const history = createHistory({ askAll, clock, log: silentLog });
  let told = 0;
  history.onRolledBack(() => told++);
  return {
    history,
    told: () => told,
    async connects(digit: string | null) {
      answer = digit === null ? null : infoOf(digit);
      history.connected();
      await flush();
    },
  };
}

t.test("the first history that is heard of is where things begin; another one may have lost writes", async (t) => {
  const { history, told, connects } = rig();
  await connects("a");
  t.equal(told(), 0);
  await connects("a");
  t.equal(told(), 0);
  await connects("b");
  t.equal(told(), 1);
  t.equal(await history.mayBeBehind(), true);
  history.close();
});

t.test("where the server before could not be asked, the one that a second connection leads to may be another", async (t) => {
  const { told, connects } = rig();
  await connects(null);
  t.equal(told(), 0);
  await connects("b");
  t.equal(told(), 1);
});
