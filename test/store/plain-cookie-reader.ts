import type { CookieNames, PresentedCookies } from "../../src/store/cookies.js";

/*
 * What `readSessionCookies` has to find, said as plainly as it can be: the header is taken apart at every `;`, each pair at its first `=`, and a
 * regular expression says what a chunk is.
 */

const MOST = 4;
const CHUNK = /^([A-Za-z0-9_-]{8})~(\d)~(\d)~([A-Za-z0-9_-]+)$/;
const trimmed = (text: string) => text.replace(/^[ \t]+/, "").replace(/[ \t]+$/, "");

function pairsOf(header: string): (readonly [name: string, value: string])[] {
  return header.split(";").flatMap((pair) => {
    const equals = pair.indexOf("=");
    return equals > 0 ? [[trimmed(pair.slice(0, equals)), trimmed(pair.slice(equals + 1))] as const] : [];
  });
}

function isChunkName(name: string, { session }: CookieNames): boolean {
  return name.length === session.length + 2 && name.startsWith(`${session}.`) && /\d$/.test(name);
}

export function readPlainly(header: string, names: CookieNames): PresentedCookies {
  const pairs = pairsOf(header);
  const ours = pairs.filter(([name]) => name === names.session || isChunkName(name, names));
  const whole = ours.filter(([name, value]) => name === names.session && !CHUNK.test(value)).map(([, value]) => value);
  const chunked = new Map<string, (string | undefined)[]>();
  for (const [, value] of ours) {
    const [, ticket = "", index = "", count = "", part = ""] = CHUNK.exec(value) ?? [];
    const key = `${ticket}~${count}`;
    const parts = chunked.get(key) ?? new Array<string | undefined>(Number(count)).fill(undefined);
    if (Number(index) < parts.length && (chunked.has(key) || chunked.size < MOST)) {
      parts[Number(index)] = part;
      chunked.set(key, parts);
    }
  }
  const complete = [...chunked.values()].filter((parts) => parts.length > 1 && !parts.includes(undefined)).map((parts) => parts.join(""));
  return {
    tickets: [...whole, ...complete].slice(0, MOST),
    markers: pairs
      .filter(([name]) => name === names.ended)
      .map(([, value]) => value)
      .slice(0, MOST),
    names: ours.map(([name]) => name),
    any: ours.length > 0,
  };
}
