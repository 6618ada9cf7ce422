/** Asks for the answer to a key's question; whoever asks for the same while it is under way gets the same answer. */
export type SharedQuestion<Key, Answer> = (key: Key, ask: () => Answer | Promise<Answer>) => Answer | Promise<Answer>;

/** Holds as many as are under way, which is what their askers bound. */
export function createSharedQuestion<Key, Answer>(): SharedQuestion<Key, Answer> {
  const underWay = new Map<Key, Promise<Answer>>();
  return (key, ask) => {
    const known = underWay.get(key);
    if (known !== undefined) return known;
    const answer = ask();
    if (!(answer instanceof Promise)) return answer;
    const over = () => void underWay.delete(key);
    const shared = answer.finally(over);
    underWay.set(key, shared);
    return shared;
  };
}
