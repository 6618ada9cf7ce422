import { crc32, deflateSync, inflateSync } from "node:zlib";

/*
 * Chromium writes 24 bits a pixel and filters each row as photographs want it. A drawing takes half of that with a palette and without a filter (the PNG
 * specification, 12.7): 256 colours have 98 of 100 pixels, and the others are edges of letters and lines. Of PNGs as Chromium writes them: eight bits,
 * RGB, not interlaced.
 */

const SIGNATURE_BYTES = 8;
const RGB = 2;
const INDEXED = 3;

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

function chunksOf(png: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE_BYTES; at < png.length; ) {
    const length = png.readUInt32BE(at);
    chunks.push({ type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

function written({ type, data }: Chunk): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, "latin1");
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

/** What a filter expects of a byte, by those to the left, above, and above to the left. */
const EXPECTED: readonly ((left: number, above: number, corner: number) => number)[] = [
  () => 0,
  (left) => left,
  (_left, above) => above,
  (left, above) => (left + above) >> 1,
  (left, above, corner) => {
    const [byLeft, byAbove, byCorner] = [Math.abs(above - corner), Math.abs(left - corner), Math.abs(left + above - 2 * corner)];
    if (byLeft <= byAbove && byLeft <= byCorner) return left;
    return byAbove <= byCorner ? above : corner;
  },
];

function distance(one: number, other: number): number {
  const of = (shift: number) => (((one >> shift) & 0xff) - ((other >> shift) & 0xff)) ** 2;
  return of(16) + of(8) + of(0);
}

/** 256 colours, each the one that is missed most by those before: by how many pixels, and how far off the nearest is. */
function paletteOf(pixels: Uint32Array): readonly number[] {
  const counts = new Map<number, number>();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const left = [...counts].map(([colour, count]) => ({ colour, count, off: Number.MAX_SAFE_INTEGER }));
  const palette: number[] = [];
  while (palette.length < Math.min(256, left.length)) {
    const [first] = left;
    if (!first) break;
    const { colour } = left.reduce((most, each) => (each.count * each.off > most.count * most.off ? each : most), first);
    palette.push(colour);
    for (const each of left) each.off = Math.min(each.off, distance(each.colour, colour));
  }
  return palette;
}

/** The place of each colour in a palette, or that of the nearest. */
function createPlaces(palette: readonly number[]): (colour: number) => number {
  const places = new Map(palette.map((colour, place) => [colour, place]));
  return (colour) => {
    const known = places.get(colour);
    if (known !== undefined) return known;
    const nearest = palette.reduce((best, each) => (distance(each, colour) < distance(best, colour) ? each : best), palette[0] ?? 0);
    const place = places.get(nearest) ?? 0;
    places.set(colour, place);
    return place;
  };
}

/** The pixels of a picture, 24 bits each. */
function pixelsOf(chunks: readonly Chunk[], width: number): Uint32Array {
  const stride = width * 3;
  const rows = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data)));
  const pixels = new Uint32Array((rows.length / (stride + 1)) * width);
  for (let row = 0, pixel = 0; row < rows.length; row += stride + 1) {
    const expected = EXPECTED[rows[row] ?? 0] ?? (() => 0);
    for (let at = row + 1; at <= row + stride; at++) {
      const hasLeft = at > row + 3;
      const above = at - stride - 1;
      const left = hasLeft ? (rows[at - 3] ?? 0) : 0;
      rows[at] = (rows[at] ?? 0) + expected(left, rows[above] ?? 0, hasLeft ? (rows[above - 3] ?? 0) : 0);
    }
    for (let at = row + 1; at <= row + stride; at += 3) pixels[pixel++] = rows.readUIntBE(at, 3);
  }
  return pixels;
}

/** The same picture with a palette, and no row filtered. */
export function withPalette(png: Buffer): Buffer {
  const chunks = chunksOf(png);
  const header = Buffer.from(chunks[0]?.data ?? []);
  if (header[8] !== 8 || header[9] !== RGB || header[12] !== 0) throw new Error("no PNG as Chromium writes them");
  const width = header.readUInt32BE(0);
  const pixels = pixelsOf(chunks, width);
  const palette = paletteOf(pixels);
  const placeOf = createPlaces(palette);
  const rows = Buffer.alloc(pixels.length + pixels.length / width);
  for (let row = 0, pixel = 0; pixel < pixels.length; row += width + 1)
    for (let at = 1; at <= width; at++) rows[row + at] = placeOf(pixels[pixel++] ?? 0);
  header[9] = INDEXED;
  const made: readonly Chunk[] = [
    { type: "IHDR", data: header },
    { type: "PLTE", data: Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 0xff, colour & 0xff])) },
    { type: "IDAT", data: deflateSync(rows, { level: 9 }) },
    { type: "IEND", data: Buffer.alloc(0) },
  ];
  return Buffer.concat([png.subarray(0, SIGNATURE_BYTES), ...made.map(written)]);
}
