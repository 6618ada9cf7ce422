import type { StoreUnavailable } from "../store/session-store.js";

/** Orders to the store under way at a time. */
const AT_A_TIME = 50;

export function isUnavailable<T extends object>(answer: T | StoreUnavailable): answer is StoreUnavailable {
  return "kind" in answer && answer.kind === "unavailable";
}

/** All answers in order, so many at a time; the first that says the store is away ends it. */
export async function each<T, R extends object>(
  items: readonly T[],
  ask: (item: T) => Promise<R | StoreUnavailable>,
): Promise<readonly R[] | StoreUnavailable> {
  const answers: R[] = [];
  for (let from = 0; from < items.length; from += AT_A_TIME) {
    for (const answer of await Promise.all(items.slice(from, from + AT_A_TIME).map(ask))) {
      if (isUnavailable(answer)) return answer;
      answers.push(answer);
    }
  }
  return answers;
}
