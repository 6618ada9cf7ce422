import { createCookieWriter } from "../../src/store/cookies.js";
import { createSealer } from "../../src/store/sealing.js";
import type { RunningDemo } from "./running-demo.js";

/** What seals and names a demo's cookies, made from its configuration as the server makes its own. */
export function demoKeys({ config }: Pick<RunningDemo, "config">) {
  return {
    sealer: createSealer(config.sessionKeys),
    cookies: createCookieWriter({ publicUrl: config.publicUrl, sameSite: config.cookieSameSite }),
  };
}
