import type { Cause, Reason } from "../wire/reasons.js";

/** A title, and what is to be said beside it; without that, what `expired` says there. */
export type Message = readonly [title: string, text?: string];

/** How a session ended: by its cause, or by its reason where the cause adds nothing. */
type Ending = Cause | Extract<Reason, "expired" | "signed_out" | "invalid" | "anonymous">;

/**
 * - `waiting`: the window for signing in is open, as far as anybody knows; `blocked`: the browser opened none
 * - `idle`: a limit is near that the person can move; `limit`: one that nothing moves
 * - `other`: somebody else has signed in than the person whose page this is
 */
export type MessageName = Ending | "waiting" | "blocked" | "idle" | "limit" | "other";

/** `kept`: the page is as it was. `reloads`: what signing in in this window means for it. */
export type NoteName = "kept" | "reloads";

/** What a person can do: the buttons. */
export type Act = "signIn" | "tryAgain" | "useThisWindow" | "cancel" | "stay" | "signOut" | "later" | "reload";

/** Everything that <session-guard> says. `signedIn` is said alone, not shown. An ending may be left out, and is told as its reason then. */
export type Words = Readonly<Record<Exclude<MessageName, Ending> | "expired", Message>> &
  Readonly<Partial<Record<Ending, Message>>> &
  Readonly<Record<NoteName | Act | "signedIn", string>>;

/** Words, and the language they are in. */
export interface Spoken {
  readonly lang: string;
  readonly words: Words;
}

type Loaded = Promise<{ readonly default: Words }>;

/** Each is a file of its own, and only what is spoken is loaded. */
const LOADERS: Readonly<Record<"de" | "en" | "es" | "fr" | "ja", () => Loaded>> = {
  de: () => import("./words.de.js"),
  en: () => import("./words.en.js"),
  es: () => import("./words.es.js"),
  fr: () => import("./words.fr.js"),
  ja: () => import("./words.ja.js"),
};

/** What an app says in its own words; the rest stays. */
export type OwnWords = Partial<Words>;

/** The nearest that is seen from here; in a shadow root that may be the page's. */
export const languageOf = (element: Element) => (element.closest<HTMLElement>("[lang]") ?? document.documentElement).lang;

/** By the primary subtag (RFC 5646 section 2.2.1); English where there is no such language. Rejects where the file cannot be loaded. */
export async function loadWords(language: string): Promise<Spoken> {
  const subtag = language.toLowerCase().split("-")[0] ?? "";
  const [lang, load] = Object.entries(LOADERS).find(([name]) => name === subtag) ?? ["en", LOADERS.en];
  return { lang, words: (await load()).default };
}
