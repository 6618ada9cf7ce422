/** Waits, turn by turn of the event loop, until something holds that no event tells of. */
export async function until(condition: () => boolean | Promise<boolean>, what = "it"): Promise<void> {
  for (let turn = 0; turn < 20_000; turn++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error(`never: ${what}`);
}
