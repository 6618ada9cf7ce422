/**
 * What was typed, kept for this tab and this person. sessionStorage lasts through the way to the sign-in page and back, and ends with the
 * tab (WCAG 2.2, 2.2.5 Re-authenticating: nobody loses what they typed because they had to sign in again).
 */
const KEY = "checkout-draft";

export function saveDraft(sub, fields) {
  sessionStorage.setItem(KEY, JSON.stringify({ sub, fields }));
}

/** The draft of this person, or null. Another person's is thrown away. */
export function loadDraft(sub) {
  const draft = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  if (draft?.sub === sub) return draft.fields;
  dropDraft();
  return null;
}

export function dropDraft() {
  sessionStorage.removeItem(KEY);
}
