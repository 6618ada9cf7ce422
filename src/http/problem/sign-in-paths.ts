import { AUTH_PATHS, LOGIN_QUERY, POPUP_DISPLAY, RESUME_QUERY } from "../../wire/paths.js";
import type { FailedSignIn, Problem } from "./problem.js";

/** Where another sign-in begins that leads to the same place as the one that failed. */
export function loginPath({ returnTo, display, through }: FailedSignIn, authPrefix: string): string {
  const query = new URLSearchParams({ [LOGIN_QUERY.returnTo]: returnTo });
  if (display === POPUP_DISPLAY) query.set(LOGIN_QUERY.display, display);
  if (through) query.set(LOGIN_QUERY.through, through);
  return `${authPrefix}${AUTH_PATHS.login}?${query}`;
}

/** Where the page of a callback that cannot be completed moves on to. */
export function resumePath({ cause }: Problem, { returnTo, display }: FailedSignIn, authPrefix: string): string {
  const query = new URLSearchParams({ [RESUME_QUERY.returnTo]: returnTo });
  if (cause) query.set(RESUME_QUERY.cause, cause);
  if (display === POPUP_DISPLAY) query.set(RESUME_QUERY.display, display);
  return `${authPrefix}${AUTH_PATHS.resume}?${query}`;
}
