/** Between calls of a list: well below what an account may ask in a second, so that other programs keep their share. */
const BETWEEN_CALLS_MS = 120;

/** Waits a moment, and keeps the process alive meanwhile: nothing else may be open. */
export function pauseBetweenCalls(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, BETWEEN_CALLS_MS));
}
