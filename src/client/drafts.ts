import type { Browser } from "./browser.js";
import { type FormDraft, fillForm, readForm } from "./form-fields.js";
import { isSignedIn } from "./session-state.js";
import type { SessionTracker } from "./session-tracker.js";

const NAME = "bff-drafts";
/** What a form has kept has keys of its own. */
const FORM = "form\n";

/** What was typed, kept for this tab and this person: it lasts through the way to the sign-in page and back, and ends with the tab. */
export interface Drafts {
  /** False where nobody is known whose it would be, or the browser has no room for it. */
  saveDraft(key: string, data: unknown): boolean;
  /** Gives it back and forgets it; null where there is none of this person's, or it is too old. */
  takeDraft<T = unknown>(key: string): T | null;
  dropDraft(key: string): void;
  /** Keeps what is typed into a form, and puts it back for the same person. Returns what ends that. */
  keepDraft(form: HTMLFormElement, key?: string): () => void;
}

interface Draft {
  readonly sub: string;
  readonly untilMs: number;
  readonly data: unknown;
}

/** Others may have written there, whatever they liked. */
type ByKey = Readonly<Record<string, Partial<Draft> | null>>;
type Entry = readonly [key: string, Partial<Draft> | null];

export function createDrafts<Claims>(
  browser: Pick<Browser, "storage" | "now">,
  tracker: SessionTracker<Claims>,
  lifetimeMs: number,
): Drafts {
  // Before calls go on: what another person had typed goes no further.
  tracker.subscribe((state) => {
    if (isSignedIn(state) || state.status === "signed_out") keep(([, draft]) => draft?.sub === tracker.sub);
  });

  function all(): ByKey {
    try {
      return Object(JSON.parse(browser.storage?.getItem(NAME) ?? "{}")) as ByKey;
    } catch {
      // Somebody else's, or forbidden.
      return {};
    }
  }

  /** False where there is no room, or it is forbidden. */
  function keep(isKept: (entry: Entry) => boolean, ...added: readonly Entry[]): boolean {
    const drafts = [...Object.entries(all()).filter(isKept), ...added];
    try {
      const { storage } = browser;
      storage?.setItem(NAME, JSON.stringify(Object.fromEntries(drafts)));
      return Boolean(storage);
    } catch {
      return false;
    }
  }

  function saveDraft(key: string, data: unknown): boolean {
    const { sub } = tracker;
    return sub !== null && keep(() => true, [key, { sub, untilMs: browser.now() + lifetimeMs, data }]);
  }

  function takeDraft<T>(key: string): T | null {
    const draft = all()[key];
    if (!draft || draft.sub !== tracker.sub) return null;
    drop(key);
    // Whoever names the type vouches for it.
    return (draft.untilMs ?? 0) > browser.now() ? (draft.data as T) : null;
  }

  function drop(...keys: readonly string[]): void {
    keep(([each]) => !keys.includes(each));
  }

  return {
    saveDraft,
    takeDraft,
    dropDraft: (key) => drop(key, FORM + key),
    // Not `form.id`: that is a field, where one has this name.
    keepDraft(form, key = `${form.getAttribute("id") ?? form.getAttribute("name")}`) {
      const save = () => void saveDraft(FORM + key, readForm(form));
      const restore = () => {
        if (!isSignedIn(tracker.state)) return;
        // Once: what is on the page from now on is newer, or was emptied because it has been sent.
        stop();
        const draft = takeDraft<FormDraft>(FORM + key);
        // Which is told to `save` as if it had been typed.
        if (draft) fillForm(form, draft);
      };
      // Passwords are noted while they still are.
      readForm(form);
      form.addEventListener("input", save);
      const stop = tracker.subscribe(restore);
      restore();
      return () => {
        form.removeEventListener("input", save);
        stop();
      };
    },
  };
}
