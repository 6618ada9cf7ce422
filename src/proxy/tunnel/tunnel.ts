import type { Socket } from "node:net";
import type { Cancel, Clock } from "../../model/clock.js";
import { SilenceTimer } from "../connections/silence-timer.js";
import { closeFrame, FrameTracker } from "./websocket-frames.js";

/** How long a tunnel that is being closed waits for the end of a frame and for the browser's answer. */
const CLOSING_MS = 1_000;
/** How long what the API sent before it hung up may take to reach a slow browser. */
const FLUSHING_MS = 30_000;
/** After so much silence the system asks whether the peer is still there (TCP keep-alive), and ends the connection where nobody answers. */
const KEEP_ALIVE_MS = 30_000;
const GOING_AWAY = 1001;

export interface TunnelSettings {
  readonly clock: Clock;
  /** Longest silence in both directions, milliseconds; null: no limit. */
  readonly idleTimeoutMs: number | null;
}

/**
 * - `open`: bytes go both ways.
 * - `closing`: told to close within a frame of the API's; that frame is still relayed.
 * - `closed`: nothing is relayed any more, our Close frame is out, and the browser's answer is waited for.
 * - `over`: both sockets are gone or going.
 */
type State = "open" | "closing" | "closed" | "over";

/** A WebSocket between a browser and an API, after the handshake. The bytes pass untouched; frames are only counted. */
export class Tunnel {
  readonly #browser: Socket;
  readonly #api: Socket;
  readonly #clock: Clock;
  readonly #idleTimeoutMs: number | null;
  readonly #idleTimer: SilenceTimer;
  readonly #fromApi = new FrameTracker();
  readonly #fromBrowser = new FrameTracker();
  readonly #listeners: (() => void)[] = [];
  #state: State = "open";
  #frame: Buffer | null = null;
  #cancelTimer: Cancel | null = null;
  #socketsLeft = 2;

  constructor(browser: Socket, api: Socket, { clock, idleTimeoutMs }: TunnelSettings) {
    this.#browser = browser;
    this.#api = api;
    this.#clock = clock;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#idleTimer = new SilenceTimer(clock, () => this.close(GOING_AWAY, "no traffic"));
    for (const socket of [browser, api]) {
      socket.setTimeout(0);
      socket.setNoDelay(true);
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
    }
    browser.on("data", this.#onBrowserData).on("drain", this.#onBrowserDrain).on("end", this.#onBrowserEnd);
    browser.on("error", this.#onError).on("close", this.#onBrowserClose);
    api.on("data", this.#onApiData).on("drain", this.#onApiDrain).on("end", this.#onApiEnd);
    api.on("error", this.#onError).on("close", this.#onApiClose);
  }

  /** Begins to relay, first what came along with the handshake. */
  start(earlyFromBrowser: readonly Buffer[], earlyFromApi: Buffer): void {
    this.#idleTimer.restart(this.#idleTimeoutMs);
    if (earlyFromApi.length > 0) this.#onApiData(earlyFromApi);
    for (const chunk of earlyFromBrowser) this.#onBrowserData(chunk);
    // A socket that went while the handshake was written says so no more.
    if (this.#browser.destroyed || this.#api.destroyed) this.#destroy();
    else this.#resume();
  }

  /** Calls back once both sockets are closed. */
  onClosed(listener: () => void): void {
    if (this.#socketsLeft === 0) listener();
    else this.#listeners.push(listener);
  }

  /**
   * Sends the browser a Close frame at the end of the frame that is under way and stops relaying; both sockets are gone once the browser has
   * answered, after a second at the latest. Within a frame that does not end by then they go without one. Only the first call counts.
   */
  close(code: number, reason: string): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#frame = closeFrame(code, reason);
    this.#idleTimer.stop();
    this.#cancelTimer?.();
    this.#cancelTimer = this.#clock.after(CLOSING_MS, () => this.#destroy());
    // Nothing the browser still sends reaches the API: whatever held it back is over, and its answer must be heard.
    this.#browser.resume();
    if (this.#fromApi.atBoundary) this.#sayClose();
  }

  #sayClose(): void {
    this.#state = "closed";
    // A Close frame of the API's may have gone out already, and is the last of its direction.
    if (this.#frame !== null && !this.#fromApi.closed) this.#browser.write(this.#frame);
    if (this.#fromBrowser.closed) this.#finish();
  }

  readonly #onApiData = (chunk: Buffer): void => {
    if (this.#state === "closed" || this.#state === "over") return;
    if (this.#state === "open") {
      this.#idleTimer.restart(this.#idleTimeoutMs);
      this.#fromApi.follow(chunk);
      this.#toBrowser(chunk);
      return;
    }
    // Up to the end of the one frame that was under way.
    const end = this.#fromApi.next(chunk, 0);
    this.#toBrowser(chunk.subarray(0, end));
    if (this.#fromApi.atBoundary) this.#sayClose();
  };

  #toBrowser(chunk: Buffer): void {
    if (!this.#browser.write(chunk)) this.#api.pause();
  }

  readonly #onBrowserData = (chunk: Buffer): void => {
    if (this.#state === "over") return;
    this.#fromBrowser.follow(chunk);
    if (this.#state === "open") {
      this.#idleTimer.restart(this.#idleTimeoutMs);
      if (!this.#api.write(chunk)) this.#browser.pause();
    } else if (this.#state === "closed" && this.#fromBrowser.closed) {
      this.#finish();
    }
  };

  readonly #onBrowserDrain = (): void => void this.#api.resume();
  readonly #onApiDrain = (): void => void this.#browser.resume();

  /** The browser has hung up. What it sent still goes to the API, which then hears of it too. */
  readonly #onBrowserEnd = (): void => {
    if (this.#state !== "open") {
      this.#destroy();
      return;
    }
    this.#api.end();
    this.#goWithin(CLOSING_MS);
  };

  /** The API has hung up: as it does after the closing handshake, or in the middle. What it sent still goes to the browser. */
  readonly #onApiEnd = (): void => {
    if (this.#state === "closing") this.#destroy();
    if (this.#state !== "open") return;
    this.#browser.end();
    this.#goWithin(FLUSHING_MS);
  };

  readonly #onError = (): void => this.#destroy();

  readonly #onBrowserClose = (): void => {
    this.#api.destroy();
    this.#onSocketClosed();
  };

  readonly #onApiClose = (): void => {
    // After an orderly end the browser may still be reading; its own close or the timer follows.
    if (this.#state === "open" && this.#browser.writableEnded) this.#browser.destroySoon();
    else if (this.#state !== "closed") this.#destroy();
    this.#onSocketClosed();
  };

  #onSocketClosed(): void {
    this.#socketsLeft -= 1;
    if (this.#socketsLeft > 0) return;
    this.#state = "over";
    this.#cancelTimer?.();
    this.#idleTimer.stop();
    for (const listener of this.#listeners.splice(0)) listener();
  }

  #goWithin(ms: number): void {
    this.#idleTimer.stop();
    this.#cancelTimer?.();
    this.#cancelTimer = this.#clock.after(ms, () => this.#destroy());
  }

  /** RFC 6455 section 7.1.1: once both have sent a Close frame the server closes the connection. */
  #finish(): void {
    this.#state = "over";
    this.#api.destroy();
    this.#browser.destroySoon();
  }

  #destroy(): void {
    this.#state = "over";
    this.#browser.destroy();
    this.#api.destroy();
  }

  #resume(): void {
    if (!this.#browser.writableNeedDrain) this.#api.resume();
    if (!this.#api.writableNeedDrain) this.#browser.resume();
  }
}
