import { BlockList, isIP } from "node:net";

/** Whether a host is asked without the proxy. */
export type Exempts = (hostname: string, port: string) => boolean;

/**
 * Reads NO_PROXY as curl does (curl(1), `--noproxy`): names stand for themselves and what is below them, with or without a dot in front,
 * addresses for themselves, CIDR blocks for theirs, `*` for everything. An entry may name a port. Nothing is resolved.
 */
export function readNoProxy(text: string | null): Exempts {
  const entries = (text ?? "")
    .split(/[,\s]/)
    .filter((entry) => entry !== "")
    .map((entry) => readEntry(entry.toLowerCase()));
  return (hostname, port) => {
    const host = hostname
      .toLowerCase()
      .replace(/^\[|\]$/g, "")
      .replace(/\.$/, "");
    return entries.some((exempts) => exempts(host, port));
  };
}

const familyOf = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");

function readEntry(entry: string): Exempts {
  if (entry === "*") return () => true;
  const [, block = "", bits = ""] = /^\[?([\da-f.:]+)\]?\/(\d{1,3})$/.exec(entry) ?? [];
  if (isIP(block) !== 0 && Number(bits) <= (isIP(block) === 6 ? 128 : 32)) {
    const list = new BlockList();
    list.addSubnet(block, Number(bits), familyOf(block));
    return (host) => isIP(host) !== 0 && list.check(host, familyOf(host));
  }
  // An IPv6 address is full of colons itself.
  const [, bracketed, plain, entryPort] =
    isIP(entry) !== 0 ? ["", undefined, entry] : (/^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? []);
  const written = (bracketed ?? plain ?? "").replace(/^\*?\./, "").replace(/\.$/, "");
  // An IPv6 address has many spellings, and the target's is the one of URLs.
  const name = isIP(written) === 6 && URL.canParse(`http://[${written}]`) ? new URL(`http://[${written}]`).hostname.slice(1, -1) : written;
  if (name === "") return () => false;
  return (host, port) =>
    (entryPort === undefined || entryPort === port) && (host === name || (isIP(host) === 0 && host.endsWith(`.${name}`)));
}
