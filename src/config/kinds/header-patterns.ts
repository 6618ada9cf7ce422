import { entriesOf } from "./basic-kinds.js";
import { accepted, type Kind, refused } from "./kind.js";
import { isListOrText } from "./raw.js";

const PATTERN = /^[A-Za-z0-9-]+\*?$/;
const EXPECTED =
  "names of request headers, comma separated, of letters, digits and hyphens (others never pass); a `*` at the end stands for whatever follows; or `none`";

/** Request headers by name, or by the beginning of their names; in lower case. */
export const headerPatterns: Kind<string | string[], readonly string[]> = {
  admits: isListOrText,
  expected: EXPECTED,
  decode(raw) {
    const entries = entriesOf(raw).map((entry) => entry.toLowerCase());
    if (raw.length === 0 || (entries.length === 1 && entries[0] === "none")) return accepted([]);
    const wrong = entries.find((entry) => !PATTERN.test(entry) || entry === "none");
    if (wrong !== undefined) return refused(EXPECTED, wrong);
    return entries.length === 0 ? refused(EXPECTED) : accepted([...new Set(entries)]);
  },
  show: (patterns) => (patterns.length === 0 ? "none" : patterns.join(", ")),
};
