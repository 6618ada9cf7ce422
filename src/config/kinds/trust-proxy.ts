import { isIP } from "node:net";
import { entriesOf } from "./basic-kinds.js";
import { accepted, type Kind, refused } from "./kind.js";
import { isListNumberOrText } from "./raw.js";

type TrustProxy = false | number | readonly string[];

const MOST_HOPS = 16;
const EXPECTED =
  `\`off\`, a hop count from 1 to ${MOST_HOPS}, or the CIDRs of the proxies in front, comma separated, such as 10.0.0.0/8; ` +
  "not `true` and not /0: whoever connects could then invent the client's address";

/** Whether the text is an IP address or a CIDR that does not mean everyone. */
function isNetwork(network: string): boolean {
  const [address = "", prefix, ...rest] = network.split("/");
  const version = isIP(address);
  if (version === 0 || address.includes("%") || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
}

function isHopCount(number: number): boolean {
  return number >= 1 && number <= MOST_HOPS;
}

/** Whose X-Forwarded-* are believed. */
export const trustProxy: Kind<string | number | string[], TrustProxy> = {
  admits: isListNumberOrText,
  expected: EXPECTED,
  decode(raw) {
    if (raw === "off") return accepted(false);
    if (typeof raw === "number" || (typeof raw === "string" && /^\d{1,3}$/.test(raw))) {
      const hops = Number(raw);
      if (hops === 0) return accepted(false);
      return isHopCount(hops) ? accepted(hops) : refused(EXPECTED);
    }
    const networks = entriesOf(raw);
    if (networks.length === 0) return refused(EXPECTED);
    const wrong = networks.find((network) => !isNetwork(network));
    return wrong === undefined ? accepted(networks) : refused(EXPECTED, wrong);
  },
  show(value) {
    if (value === false) return "off";
    return typeof value === "number" ? String(value) : value.join(", ");
  },
};
