/** Tells whether a value is written as a kind of setting may be: as text in a variable, more naturally in an option. */
export type Admits<R> = (raw: unknown) => raw is R;

export const isText: Admits<string> = (raw) => typeof raw === "string";

const isInteger: Admits<number> = (raw): raw is number => Number.isInteger(raw);

const isTextList: Admits<string[]> = (raw): raw is string[] => Array.isArray(raw) && raw.every(isText);

export const isNumberOrText: Admits<string | number> = (raw) => isText(raw) || isInteger(raw);

/** One text with separators, or a list. */
export const isListOrText: Admits<string | string[]> = (raw) => isText(raw) || isTextList(raw);

export const isListNumberOrText: Admits<string | number | string[]> = (raw) => isListOrText(raw) || isInteger(raw);

export const isFlag: Admits<boolean | "true" | "false"> = (raw) => typeof raw === "boolean" || raw === "true" || raw === "false";

/** One of some words. */
export function isOneOf<const V extends string>(words: readonly V[]): Admits<V> {
  return (raw): raw is V => words.some((word) => word === raw);
}
