import type { Browser } from "./browser.js";

/** Calls back when the time has passed, or as soon as the caller gives up. Returns what ends that. */
export function waitUntil(
  { after }: Pick<Browser, "after">,
  delayMs: number,
  callersSignal: AbortSignal | null,
  callback: () => void,
): () => void {
  const stop = () => {
    cancel();
    callersSignal?.removeEventListener("abort", end);
  };
  const end = () => {
    stop();
    callback();
  };
  const cancel = after(callersSignal?.aborted ? 0 : delayMs, end);
  callersSignal?.addEventListener("abort", end);
  return stop;
}
