import { withoutEnd } from "../../model/text.js";

/** Of which every reading is the path itself. */
const PLAIN = /^[a-z0-9_~!$&'()*+,=:@/-]*$/;
const ESCAPES = /(?:%[0-9A-Fa-f]{2})+/g;
const ASCII_ESCAPE = /%[0-7][0-9A-Fa-f]/g;
/** A parameter; or, once decoded, what was an escaped query or fragment: nginx's `$uri` hands it on as a real one. */
const END_OF_NAME = /[;?#]/;
const MOST_DECODINGS = 2;

/**
 * What a server may take a path for that folds spellings into one before it looks for what is behind it: decoded up to twice, each segment without
 * its `;…` (an escaped `?…` and `#…` too) and without dots and spaces at its end (Tomcat and its kin, Windows), `//` as `/`, letters of one case. Servers fold before they
 * decode, after, or in between, so there are several readings; all are in lower case.
 */
export function foldedReadings(path: string): readonly string[] {
  if (PLAIN.test(path) && !path.includes("//")) return [path];
  let latest = new Set([path, fold(path)]);
  const all = new Set(latest);
  for (let round = 0; round < MOST_DECODINGS; round++) {
    latest = new Set([...latest].map(decode).flatMap((decoded) => [decoded, fold(decoded)]));
    for (const reading of latest) all.add(reading);
  }
  return [...new Set([...all].flatMap((reading) => [oneCase(reading), oneCase(fold(reading))]))];
}

/** The one reading of whoever folds all that can be folded. */
export function foldedPath(path: string): string {
  return oneCase(fold(decode(decode(path))));
}

/** As file systems compare: the upper case first, of which `ſ` and the Kelvin sign are an ordinary S and K. */
function oneCase(path: string): string {
  return path.toUpperCase().toLowerCase();
}

function fold(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    const end = segment.search(END_OF_NAME);
    const name = withoutEnd(end < 0 ? segment : segment.slice(0, end), ". ");
    if (name !== "") kept.push(name);
  }
  return `/${kept.join("/")}`;
}

function decode(path: string): string {
  return path.replace(ESCAPES, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      // Not UTF-8, once decoded: the rest of it may still be read.
      return run.replace(ASCII_ESCAPE, decodeURIComponent);
    }
  });
}
