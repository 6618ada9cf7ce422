import { isSignedIn, type SessionClient, type SessionState } from "../client/index.js";
import { createSurface } from "./surface.js";
import { type Step, viewOf } from "./view.js";
import { type Act, languageOf, loadWords, type OwnWords, type Spoken } from "./words.js";

const WORDS_AGAIN_MS = 5_000;
/** What begins to wait so soon after a button or a link was pressed was wanted by the person; a poll was not. */
const WANTED_MS = 1_000;

/** Whose page this is, however many elements it has had. */
let sub: string | null = null;

const limitOf = (state: SessionState) => "limit" in state && state.limit;

/** Where it is on the page, and what the page says of it. */
export interface Host extends HTMLElement {
  readonly words: OwnWords;
}

/** Follows the session of a page, and shows what there is to say. */
export interface Guard {
  /** Something beside the session has changed. */
  render(): void;
  dispose(): void;
}

// Long: one state and all that follows it.
export function createGuard(host: Host, root: ShadowRoot, client: SessionClient): Guard {
  const surface = createSurface(root, act);
  let spoken: Spoken | null = null;
  /** What has been asked for. */
  let language: string | null = null;
  let step: Step = "offer";
  let state = client.session();
  let isPutAway = false;
  let isDisposed = false;
  let pressedAtMs = Number.NEGATIVE_INFINITY;

  function render(): void {
    const wanted = languageOf(host);
    if (wanted !== language) void speak(wanted);
    if (spoken === null) return;
    const keepsPage = host.hasAttribute("keep-page");
    if (isSignedIn(state)) {
      const { user } = state.session;
      sub = keepsPage ? user.sub : (sub ?? user.sub);
    }
    const isOthers = isSignedIn(state) && state.session.user.sub !== sub;
    const view = viewOf(state, {
      step,
      wasSignedIn: sub !== null,
      areCallsWaiting: client.waitingCalls > 0,
      isPutAway,
      isOthers,
      keepsPage,
    });
    surface.show(view, { ...spoken.words, ...host.words }, Object.keys(host.words).length > 0 ? wanted : spoken.lang);
  }

  /** Ahead of need: when a session ends there may be no network. */
  async function speak(wanted: string): Promise<void> {
    language = wanted;
    const loaded = await loadWords(wanted).catch(() => null);
    if (isDisposed || wanted !== language) return;
    if (loaded) {
      spoken = loaded;
      render();
    } else {
      language = null;
      setTimeout(render, WORDS_AGAIN_MS);
    }
  }

  function follow(next: SessionState): void {
    const previous = state;
    // What a person has left on purpose stays out of sight, whatever the server has forgotten since.
    if (previous.status === "signed_out" && next.status === "anonymous") return;
    state = next;
    host.dispatchEvent(new CustomEvent("session-change", { detail: next, bubbles: true, composed: true }));
    if (isSignedIn(next) !== isSignedIn(previous) || limitOf(next) !== limitOf(previous)) isPutAway = false;
    if (next.status === "active") step = "offer";
    render();
    if (spoken && isSignedIn(next) && "loginUrl" in previous) surface.say({ ...spoken.words, ...host.words }.signedIn);
  }

  /** Whoever has put the sign-in away is not asked again by a page that polls: its calls end. */
  function wait(): void {
    if (isPutAway && client.waitingCalls > 0 && performance.now() - pressedAtMs > WANTED_MS) client.cancelLogin();
    else render();
  }

  /** Enter in a form presses its button. */
  function press({ target, timeStamp }: Event): void {
    if (target instanceof Element && target.closest("a, button, [role=button]")) pressedAtMs = timeStamp;
  }

  function become(next: Step): void {
    step = next;
    render();
  }

  async function signIn(): Promise<void> {
    become("waiting");
    if ((await client.login({ mode: "popup" })) === "blocked") become("blocked");
  }

  function act(wanted: Act): void {
    if (wanted === "signIn" || wanted === "tryAgain") void signIn();
    else if (wanted === "useThisWindow") void client.login();
    else if (wanted === "reload") location.reload();
    else if (wanted === "signOut") void client.logout();
    else {
      // Without a network there may be no answer for long, and the page goes on.
      isPutAway = true;
      if (wanted === "stay") void client.stayActive();
      if (wanted === "cancel") client.cancelLogin();
      become("offer");
    }
  }

  const stops = [client.subscribe(follow), client.onWaiting(wait)];
  addEventListener("click", press, true);
  render();
  return {
    render,
    dispose() {
      isDisposed = true;
      for (const stop of stops) stop();
      removeEventListener("click", press, true);
      surface.dispose();
    },
  };
}
