import { send } from "./api.js";

/**
 * Who is signed in, as this tab knows it. Only the server's word changes it: never a timer, never a call that found no network.
 *
 * Events: `change` after the state has changed; `call` with every call and its answer.
 */
class Session extends EventTarget {
  /** @type {"checking" | "signed_in" | "ended"} */
  state = "checking";
  /** What `GET /auth/session` answered last, while signed in. */
  document = null;
  /** Why there is no session, while ended. */
  problem = null;

  /** Counts what was asked and learnt, so that an answer that comes too late changes nothing. */
  #turn = 0;
  #tabs = new BroadcastChannel("shop-session");

  constructor() {
    super();
    // Another tab's news is only a reason to ask: what the server says is the same in every tab.
    this.#tabs.addEventListener("message", () => this.check({ tellOtherTabs: false }));
  }

  /** Asks the server. Refreshes on the way when the ID token has expired, so a yes can be relied on. */
  async check({ tellOtherTabs = true } = {}) {
    this.#turn += 1;
    const turn = this.#turn;
    const answer = await this.#send("GET", "/auth/session");
    if (turn !== this.#turn) return answer;
    if (answer.kind === "ok") this.#become("signed_in", { document: answer.body, tellOtherTabs });
    if (answer.kind === "ended") this.#become("ended", { problem: answer.problem, tellOtherTabs });
    return answer;
  }

  /** A call of the shop's. Whichever call hears that the session has ended, the whole page learns it, and so do the other tabs. */
  async call(method, path, body) {
    const answer = await this.#send(method, path, body);
    if (answer.kind === "ended") this.#become("ended", { problem: answer.problem, tellOtherTabs: true });
    return answer;
  }

  /** Ends the session and goes to Cognito's sign-out, without which the next sign-in would ask for no password. */
  async signOut() {
    const answer = await this.#send("POST", "/auth/logout");
    if (answer.kind === "ok") {
      this.#tabs.postMessage("changed");
      location.assign(answer.body.logout_url);
    }
    return answer;
  }

  /** Hides what is private until the server has spoken. */
  forget() {
    this.#become("checking", { tellOtherTabs: false });
  }

  async #send(method, path, body) {
    const startedAt = performance.now();
    const answer = await send(method, path, body);
    const detail = { method, path, answer, tookMs: Math.round(performance.now() - startedAt) };
    this.dispatchEvent(new CustomEvent("call", { detail }));
    return answer;
  }

  #become(state, { document = null, problem = null, tellOtherTabs }) {
    this.#turn += 1;
    const news = fingerprint(state, document, problem) !== fingerprint(this.state, this.document, this.problem);
    Object.assign(this, { state, document, problem });
    if (!news) return;
    this.dispatchEvent(new Event("change"));
    if (tellOtherTabs) this.#tabs.postMessage("changed");
  }
}

function fingerprint(state, document, problem) {
  return [state, document?.user.sub, problem?.reason, problem?.cause].join();
}

export const session = new Session();

/** Where signing in starts; the person comes back to this page. */
export function loginUrl() {
  return `/auth/login?return_to=${encodeURIComponent(location.pathname + location.search)}`;
}
