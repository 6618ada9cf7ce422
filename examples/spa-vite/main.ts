import { call, loginUrl, ProblemError } from "./api";

function find<T extends HTMLElement>(id: string, kind: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no #${id}`);
  return element;
}

const signIn = find("sign-in", HTMLAnchorElement);
const signOut = find("sign-out", HTMLButtonElement);
const ended = find("ended", HTMLDialogElement);
const note = find("note", HTMLInputElement);
const result = find("result", HTMLOutputElement);

signIn.href = loginUrl();

/** Says why and offers to sign in again. The form stays as it is: nobody loses what they typed. */
function explain(error: unknown): void {
  if (!(error instanceof ProblemError)) throw error;
  const { reason, detail, login_url } = error.problem;
  if (login_url === undefined) {
    result.value = `${detail} Please try again.`;
    return;
  }
  find("why", HTMLParagraphElement).textContent = reason === "anonymous" ? "Please sign in." : detail;
  find("again", HTMLAnchorElement).href = loginUrl(login_url);
  ended.showModal();
}

try {
  const answer = await call("/auth/session");
  const { user } = (await answer.json()) as { user: { email: string | null; username: string } };
  find("account", HTMLSpanElement).textContent = user.email ?? user.username;
  signIn.hidden = true;
  signOut.hidden = false;
} catch (error) {
  // Not signed in is how everybody arrives.
  if (!(error instanceof ProblemError && error.problem.reason === "anonymous")) explain(error);
}

find("order", HTMLFormElement).addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const answer = await call("/api/echo", { method: "POST", body: note.value });
    const { body } = (await answer.json()) as { body: string };
    result.value = `Ordered: ${body}`;
  } catch (error) {
    explain(error);
  }
});

signOut.addEventListener("click", async () => {
  const answer = await call("/auth/logout", { method: "POST" });
  const { logout_url } = (await answer.json()) as { logout_url: string };
  location.assign(logout_url);
});
