import t from "tap";
import { closeFrame, FrameTracker } from "../../src/proxy/tunnel/websocket-frames.js";
import fc from "../support/property.js";

const RUNS = { numRuns: 200 };

/** A frame as RFC 6455 section 5.2 writes it, in the shortest form of its length or in a longer one. */
export function frameOf(opcode: number, payload: Uint8Array, { masked = false, lengthBytes = 0 } = {}): Buffer {
  const bytes = lengthBytes || (payload.length < 126 ? 0 : payload.length < 65_536 ? 2 : 8);
  const header = [0x80 | opcode, (masked ? 0x80 : 0) | (bytes === 0 ? payload.length : bytes === 2 ? 126 : 127)];
  for (let i = bytes - 1; i >= 0; i--) header.push(Math.floor(payload.length / 256 ** i) % 256);
  if (masked) header.push(0xfe, 0x7f, 0x01, 0x88);
  return Buffer.concat([Buffer.from(header), payload]);
}

const aFrame = fc
  .record({
    opcode: fc.constantFrom(0x0, 0x1, 0x2, 0x9, 0xa),
    length: fc.oneof(fc.nat(200), fc.constantFrom(0, 125, 126, 127, 65_535, 65_536)),
    masked: fc.boolean(),
    lengthBytes: fc.constantFrom(0, 2, 8),
    fill: fc.nat(255),
  })
  .map(({ opcode, length, masked, lengthBytes, fill }) => {
    // Two bytes cannot say more than 65,535.
    const long = lengthBytes === 2 && length > 65_535 ? 8 : lengthBytes;
    return frameOf(opcode, Buffer.alloc(length, fill), { masked, lengthBytes: long });
  });

/** Cuts bytes at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const offsets = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...offsets].map((from, index) => bytes.subarray(from, offsets[index] ?? bytes.length));
}

t.test("however frames are cut into chunks, their ends are found where they are", (t) => {
  fc.assert(
    fc.property(fc.array(aFrame, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 12 }), (frames, places) => {
      const tracker = new FrameTracker();
      const ends: number[] = [];
      let before = 0;
      for (const chunk of cut(Buffer.concat(frames), places)) {
        let at = 0;
        while (at < chunk.length) {
          at = tracker.next(chunk, at);
          if (tracker.atBoundary) ends.push(before + at);
        }
        before += chunk.length;
      }
      let sum = 0;
      t.same(
        ends,
        frames.map((frame) => {
          sum += frame.length;
          return sum;
        }),
      );
      t.ok(tracker.atBoundary);
    }),
    RUNS,
  );
  t.end();
});

t.test("a frame that lacks its last byte is not over", (t) => {
  fc.assert(
    fc.property(aFrame, (frame) => {
      const tracker = new FrameTracker();
      tracker.follow(frame.subarray(0, -1));
      t.notOk(tracker.atBoundary);
      tracker.follow(frame.subarray(-1));
      t.ok(tracker.atBoundary);
    }),
    RUNS,
  );
  t.end();
});

t.test("a frame of any length, eight exabytes included, is followed without keeping a byte", (t) => {
  const tracker = new FrameTracker();
  tracker.follow(Buffer.from([0x82, 0x7f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
  for (let i = 0; i < 1_000; i++) tracker.follow(Buffer.alloc(65_536));
  t.notOk(tracker.atBoundary);
  t.end();
});

t.test("a Close frame is seen once it is whole, and only a Close frame is", (t) => {
  const tracker = new FrameTracker();
  tracker.follow(frameOf(0x1, Buffer.from([0x88, 0x00])));
  tracker.follow(frameOf(0x9, Buffer.alloc(3)));
  t.notOk(tracker.closed);
  const close = frameOf(0x8, Buffer.from([0x03, 0xe8]), { masked: true });
  tracker.follow(close.subarray(0, 5));
  t.notOk(tracker.closed);
  tracker.follow(close.subarray(5));
  t.ok(tracker.closed);
  t.end();
});

t.test("our Close frame holds code and reason, 123 bytes of it at most, whole characters only", (t) => {
  t.same([...closeFrame(4401, "expired")], [0x88, 9, 0x11, 0x31, ...Buffer.from("expired")]);
  fc.assert(
    // U+FFFD is what half a character would decode to.
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 200 }).filter((reason) => !reason.includes("\ufffd")),
      (reason) => {
        const frame = closeFrame(4401, reason);
        t.ok(frame.length <= 127);
        t.equal(frame[1], frame.length - 2);
        const text = frame.subarray(4).toString();
        t.ok(reason.startsWith(text));
      },
    ),
    RUNS,
  );
  t.end();
});
