import t from "tap";
import { AnswerReader } from "../../bench/contest/load/answer-reader.js";

const LENGTH = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
const EMPTY = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

t.test("an answer is whole with its last byte, however it is cut into pieces", async (t) => {
  for (const answer of [LENGTH, CHUNKED, EMPTY])
    for (let size = 1; size <= answer.length; size++) {
      const reader = new AnswerReader();
      const pieces = answer.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
      const whole = pieces.map((piece) => reader.take(Buffer.from(piece)));
      t.equal(whole.indexOf(true), pieces.length - 1, `${size} bytes at a time`);
    }
});

t.test("the next answer over the same connection is read like the first", async (t) => {
  const reader = new AnswerReader();
  for (const answer of [LENGTH, CHUNKED, EMPTY, LENGTH]) t.ok(reader.take(Buffer.from(answer)));
});

t.test("what is no good answer, or more than one, is refused", async (t) => {
  t.throws(() => new AnswerReader().take(Buffer.from("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")), /502/);
  t.throws(() => new AnswerReader().take(Buffer.from(`${LENGTH}HTTP/1.1`)), /more/);
});
