import t from "tap";
import { ByteReader, ByteWriter } from "../../src/store/byte-string.js";
import fc from "../support/property.js";

t.test("what was written is read, at every size of number", (t) => {
  const value = fc.record({
    small: fc.integer({ min: 0, max: 255 }),
    large: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    length: fc.oneof(
      fc.integer({ min: 0, max: 2 ** 28 - 1 }),
      fc.constantFrom(0, 127, 128, 16_383, 16_384, 2 ** 21 - 1, 2 ** 21, 2 ** 28 - 1),
    ),
    text: fc.string({ unit: "binary", maxLength: 40 }),
    bytes: fc.uint8Array({ maxLength: 300 }),
  });
  fc.assert(
    fc.property(value, ({ small, large, length, text, bytes }) => {
      const written = new ByteWriter().uint8(small).uint48(large).length(length).text(text).bytes(bytes).finish();
      const reader = new ByteReader(written);
      const read = [reader.uint8(), reader.uint48(), reader.length(), reader.text()];
      t.same(read, [small, large, length, text]);
      t.equal(Buffer.compare(reader.bytes(), bytes), 0);
      t.equal(reader.rest(), 0);
      reader.end();
    }),
    { numRuns: 50 },
  );
  t.end();
});

t.test("bytes that end too early or go on too long are refused", (t) => {
  t.throws(() => new ByteReader(Buffer.from([5, 1, 2])).bytes(), RangeError);
  t.throws(() => new ByteReader(Buffer.alloc(5)).uint48(), RangeError);
  t.throws(() => new ByteReader(Buffer.from([0x80])).length(), RangeError);
  t.throws(() => new ByteReader(Buffer.from([0x80, 0x80, 0x80, 0x80, 1])).length(), RangeError);
  t.throws(() => new ByteReader(Buffer.from([1])).end(), RangeError);
  t.end();
});
