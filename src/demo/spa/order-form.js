/** The checkout form: what is in it, and what became of the order that was sent last. */
const form = document.querySelector("#order-form");
const failed = document.querySelector("#order-failed");

export function fields() {
  return Object.fromEntries(new FormData(form));
}

export function hasTyped(values = fields()) {
  return Object.values(values).some((value) => value.trim() !== "");
}

/** Stays until the order is sent again: that something else works meanwhile does not place it. */
export function showFailed(words) {
  failed.textContent = words;
}

export function hasFailed() {
  return failed.textContent !== "";
}

/** Another person's, or nobody's: nothing of the last one stays. */
export function emptyForm() {
  form.reset();
  failed.textContent = "";
}
