import t from "tap";
import { RequestPace } from "../../src/proxy/request-pace.js";
import { createManualClock } from "../support/manual-clock.js";

function pace(limitMs: number | null) {
  const clock = createManualClock();
  let ended = 0;
  const watched = new RequestPace(clock, limitMs, () => {
    ended += 1;
  });
  return { clock, watched, ended: () => ended };
}

t.test("only time in which the sender is waited for counts, however it is cut into pieces", (t) => {
  const { clock, watched, ended } = pace(60_000);
  for (let piece = 0; piece < 59; piece++) {
    watched.wait();
    clock.advance(1_000);
    watched.heard(1);
    watched.rest();
    clock.advance(3_600_000);
  }
  t.equal(ended(), 0);
  watched.wait();
  clock.advance(1_000);
  t.equal(ended(), 1, "59 bytes in a minute of waiting");
  clock.advance(3_600_000);
  t.equal(ended(), 1, "once");
  t.equal(clock.pending(), 0);
  t.end();
});

t.test("a hundred bytes a second are enough, minute by minute", (t) => {
  const { clock, watched, ended } = pace(60_000);
  watched.wait();
  for (let second = 0; second < 179; second++) {
    watched.heard(101);
    clock.advance(1_000);
  }
  t.equal(ended(), 0);
  watched.rest();
  t.equal(clock.pending(), 0);
  t.end();
});

t.test("a pause that the limit allows is no breach of the rate", (t) => {
  const { clock, watched, ended } = pace(600_000);
  watched.wait();
  clock.advance(599_000);
  t.equal(ended(), 0);
  clock.advance(1_000);
  t.equal(ended(), 1);
  t.end();
});

t.test("a clock that is set meanwhile ends nobody's upload", (t) => {
  const { clock, watched, ended } = pace(60_000);
  watched.wait();
  clock.jump(7_200_000);
  watched.rest();
  watched.wait();
  clock.advance(59_000);
  t.equal(ended(), 0);
  clock.jump(-7_200_000);
  watched.rest();
  watched.wait();
  clock.advance(999);
  t.equal(ended(), 0);
  clock.advance(1);
  t.equal(ended(), 1, "a minute of waiting is over, whatever the clock says");
  t.end();
});

t.test("a clock that is set forward by seconds takes nobody's time", (t) => {
  const { clock, watched, ended } = pace(60_000);
  watched.wait();
  clock.jump(50_000);
  watched.rest();
  watched.wait();
  for (let second = 0; second < 59; second++) {
    watched.heard(1);
    clock.advance(1_000);
  }
  t.equal(ended(), 0);
  t.end();
});

t.test("without a limit nothing is watched", (t) => {
  const { clock, watched, ended } = pace(null);
  watched.wait();
  t.equal(clock.pending(), 0);
  clock.advance(86_400_000);
  t.equal(ended(), 0);
  t.end();
});
