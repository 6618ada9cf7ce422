import { byteSize } from "./basic-kinds.js";
import { byDefault, open } from "./setting.js";

/** The way to the APIs, and to Cognito. */
export const UPSTREAM_SETTINGS = {
  UPSTREAM_MAX_HEADER_BYTES: open({
    group: "proxy",
    kind: byteSize({ min: 4_096, max: 1_048_576, such: "65536 or 64KiB" }),
    absence: byDefault("64KiB"),
    meaning: "Longest head of an API's answer, its headers taken together; 502 above it.",
    example: "128KiB",
  }),
} as const;
