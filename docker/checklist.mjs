// The printed list of a check: one line a promise, and the end of it at the first that does not hold.

/** Runs a check and leaves with its exit code: 0 when every promise held. */
export async function runChecklist(check) {
  let kept = 0;
  const promise = (text, holds, got) => {
    if (!holds) throw new Error(`${text}\n         got ${typeof got === "string" ? got : JSON.stringify(got)}`);
    kept += 1;
    process.stdout.write(`  ok     ${text}\n`);
  };
  try {
    await check(promise);
    process.stdout.write(`${kept} promises kept\n`);
  } catch (error) {
    const { message, code } = error;
    process.stdout.write(`  BROKEN ${message || code}\n`);
    process.exitCode = 1;
  }
  // Kept-alive connections would hold the process for a while.
  process.exit();
}

/** The short form of an answer, for what went wrong. */
export function summary(answer) {
  return `${answer.status} ${answer.headers["bff-problem"] ?? ""} ${answer.text.slice(0, 300)}`;
}
