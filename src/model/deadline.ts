import type { Cancel, Clock } from "./clock.js";

/** Later than this a timer does not fire unless the whole process was stopped (SIGSTOP, a paused container, a suspended machine). */
const STOPPED_MS = 100;
/** Long enough to read an answer that lies in a socket's buffer. */
const TO_READ_MS = 1_000;
/** The same where the process runs, if slowly: timers come before sockets, so the last part of a deadline is a timer of its own. */
const LAST_LOOK_MS = 20;

/**
 * Calls back at a deadline for an answer. A process that was stopped finds its timers due before it has read what came meanwhile: it gets a moment
 * for that, or an answer would be thrown away that is there.
 */
export function answerDeadline(clock: Pick<Clock, "deadline" | "monotonicMs">, delayMs: number, passed: () => void): Cancel {
  const lookMs = Math.max(0, Math.min(LAST_LOOK_MS, delayMs));
  let cancel: Cancel;

  function wait(partMs: number, next: () => void): void {
    const dueAtMs = clock.monotonicMs() + partMs;
    cancel = clock.deadline(partMs, () => {
      if (clock.monotonicMs() - dueAtMs < STOPPED_MS) next();
      else cancel = clock.deadline(TO_READ_MS, passed);
    });
  }

  wait(delayMs - lookMs, () => wait(lookMs, passed));
  return () => cancel();
}

/**
 * Runs what ends when its signal aborts, and aborts it at the deadline. The race covers what hangs where the signal does not reach, such as the
 * rest of an answer whose head has come.
 *
 * @param given ends it earlier.
 */
export async function withDeadline<T>(
  clock: Pick<Clock, "deadline" | "monotonicMs">,
  deadlineMs: number,
  run: (signal: AbortSignal) => Promise<T>,
  given: AbortSignal | null = null,
): Promise<T> {
  const controller = new AbortController();
  const tooLate = (why: string) => Object.assign(new Error(why), { name: "TimeoutError" });
  let over = () => {};
  const passed = new Promise<never>((_, reject) => {
    const end = (error: Error) => {
      controller.abort(error);
      reject(error);
    };
    const cancel = answerDeadline(clock, deadlineMs, () => end(tooLate(`no answer came within ${deadlineMs} ms`)));
    const onGiven = () => end(tooLate("no answer came while it was of use"));
    given?.addEventListener("abort", onGiven, { once: true });
    over = () => {
      cancel();
      given?.removeEventListener("abort", onGiven);
    };
  });
  try {
    return await Promise.race([run(controller.signal), passed]);
  } finally {
    over();
  }
}
