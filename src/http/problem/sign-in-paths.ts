import type { FailedSignIn, Problem } from "./problem.js";

/** Where another sign-in begins that leads to the same place as the one that failed. */
export function loginPath({ returnTo, display, through }: FailedSignIn, authPrefix: string): string {
  const query = new URLSearchParams({ return_to: returnTo });
  if (display === "popup") query.set("display", display);
  if (through) query.set("through", through);
  return `${authPrefix}/login?${query}`;
}

/** Where the page of a callback that cannot be completed moves on to. */
export function resumePath({ cause }: Problem, { returnTo, display }: FailedSignIn, authPrefix: string): string {
  const query = new URLSearchParams({ return_to: returnTo });
  if (cause) query.set("cause", cause);
  if (display === "popup") query.set("display", display);
  return `${authPrefix}/resume?${query}`;
}
