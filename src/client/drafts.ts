import type { Browser } from "./browser.js";

const NAME = "bff-drafts";

/** What was typed, kept for this tab and this person: it lasts through the way to the sign-in page and back, and ends with the tab. */
export interface Drafts {
  /** False where nobody is known whose it would be, or the browser has no room for it. */
  save(key: string, data: unknown): boolean;
  /** Gives it back and forgets it; null where there is none of this person's, or it is too old. */
  take(key: string): unknown;
  drop(key: string): void;
  /** Forgets all; all but those of one person where `sub` is given. */
  dropAll(sub?: string): void;
}

interface Draft {
  readonly sub: string;
  readonly untilMs: number;
  readonly data: unknown;
}

/** Others may have written there, whatever they liked. */
type ByKey = Readonly<Record<string, Partial<Draft> | null>>;

export function createDrafts({ storage, now }: Pick<Browser, "storage" | "now">, lifetimeMs: number, userOf: () => string | null): Drafts {
  function all(): ByKey {
    try {
      return Object(JSON.parse(storage?.getItem(NAME) ?? "{}")) as ByKey;
    } catch {
      // Somebody else's.
      return {};
    }
  }

  /** False where there is no room. */
  function keep(isKept: (draft: Partial<Draft> | null, key: string) => boolean, added: ByKey = {}): boolean {
    const drafts = { ...Object.fromEntries(Object.entries(all()).filter(([key, draft]) => isKept(draft, key))), ...added };
    try {
      storage?.setItem(NAME, JSON.stringify(drafts));
      return storage !== null;
    } catch {
      return false;
    }
  }

  const drop = (key: string) => void keep((_draft, each) => each !== key);
  return {
    save(key, data) {
      const sub = userOf();
      return sub !== null && keep(() => true, { [key]: { sub, untilMs: now() + lifetimeMs, data } });
    },
    take(key) {
      const draft = all()[key];
      if (!draft || draft.sub !== userOf()) return null;
      drop(key);
      return (draft.untilMs ?? 0) > now() ? draft.data : null;
    },
    drop,
    dropAll: (sub) => void keep((draft) => draft?.sub === sub),
  };
}
