import type { Clock } from "./clock.js";

/**
 * Runs what ends when its signal aborts, and aborts it at the deadline. The race covers what hangs where the signal does not reach, such as the
 * rest of an answer whose head has come.
 */
export async function withDeadline<T>(
  clock: Pick<Clock, "deadline">,
  deadlineMs: number,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let cancel = () => {};
  const passed = new Promise<never>((_, reject) => {
    cancel = clock.deadline(deadlineMs, () => {
      const error = Object.assign(new Error(`no answer came within ${deadlineMs} ms`), { name: "TimeoutError" });
      controller.abort(error);
      reject(error);
    });
  });
  try {
    return await Promise.race([run(controller.signal), passed]);
  } finally {
    cancel();
  }
}
