import type { Cancel, Clock } from "../../model/clock.js";
import { Listeners } from "../../model/listeners.js";
import { type SessionId, sessionIdIn } from "../../model/session.js";
import type { KnownEnding } from "../memory/ending-table.js";
import type { StoreListener } from "../session-store.js";
import { endingOfCause } from "../ticket-codec.js";
import type { RedisLink, RedisSubscription } from "./redis-link.js";
import { supersededText } from "./replies.js";

/** A subscription counts while an answer to a ping of less than so long ago has come. */
const CURRENT_FOR_MS = 500;
const PING_EVERY_MS = 150;
/** While it does not count, whoever holds sessions open asks for them so often: an ending closes sockets within a second all the same. */
const UNHEARD_EVERY_MS = 500;
/** An id of 22 characters between two short words, with room for a release to come. */
const LONGEST_MESSAGE = 256;

export const endedMessage = (id: SessionId, known: KnownEnding) => `ended ${id} ${known.ending.cause} ${supersededText(known)}`;
export const releasedMessage = (id: SessionId) => `released ${id}`;

/** What other processes say. */
export interface Announcements {
  /** Whether all that was said until half a second ago has been heard. */
  isCurrent(): boolean;
  subscribe(listener: StoreListener): Cancel;
  /** Calls back with sessions whose lease was given back. */
  onReleased(listener: (id: SessionId) => void): Cancel;
  close(): void;
}

/** Whether commands are answered: where they are not, asking for every session would bring nothing. One question at a time. */
function createQuestion(link: Pick<RedisLink, "command">): (then: () => void) => void {
  let isAsking = false;
  return (then) => {
    if (isAsking) return;
    isAsking = true;
    link
      .command("PING")
      .then(then, () => {})
      .finally(() => {
        isAsking = false;
      });
  };
}

/** @param link the connection for commands: while it answers and nothing is heard, `missed` is told again and again. */
export function createAnnouncements(subscription: RedisSubscription, clock: Clock, link: Pick<RedisLink, "command">): Announcements {
  const onEnded = new Listeners<[id: SessionId, known: KnownEnding]>();
  const onMissed = new Listeners<[]>();
  const onReleased = new Listeners<[id: SessionId]>();
  /** Counts connections, so that a late answer of the one before says nothing of this one; null while there is none. */
  let connection: number | null = null;
  let connections = 0;
  /** When what was answered last had been asked. */
  let currentAtMs = Number.NEGATIVE_INFINITY;
  let cancel: Cancel = () => {};
  let missedAtMs = Number.NEGATIVE_INFINITY;
  const ifAnswered = createQuestion(link);
  const isCurrent = () => clock.monotonicMs() - currentAtMs < CURRENT_FOR_MS;

  function tellMissed(): void {
    missedAtMs = clock.monotonicMs();
    onMissed.tell();
  }

  function ping(): void {
    cancel = clock.deadline(PING_EVERY_MS, ping);
    if (!isCurrent() && clock.monotonicMs() - missedAtMs >= UNHEARD_EVERY_MS) ifAnswered(tellMissed);
    if (connection === null) return;
    const [asked, askedAtMs] = [connection, clock.monotonicMs()];
    subscription.ping().then(
      () => {
        // Messages and answers come in order: all that was said before it was asked has been heard.
        if (connection === asked) currentAtMs = askedAtMs;
      },
      () => {},
    );
  }

  subscription.onSubscribed(() => {
    connection = ++connections;
    // What was said before it is lost.
    tellMissed();
    cancel();
    ping();
  });
  subscription.onLost(() => {
    connection = null;
    currentAtMs = Number.NEGATIVE_INFINITY;
  });
  subscription.onMessage((message) => {
    // Nothing is made of what nobody here has said, however long it is.
    if (message.length > LONGEST_MESSAGE) return;
    const [what, name = "", cause = "", superseded] = message.split(" ");
    const id = sessionIdIn(name);
    if (id === null) return;
    if (what === "released") onReleased.tell(id);
    const ending = what === "ended" ? endingOfCause(cause) : null;
    if (ending) onEnded.tell(id, { ending, superseded: superseded === "1" });
  });

  return {
    isCurrent,
    subscribe(listener) {
      const cancels = [onEnded.add((...ended) => listener.ended(...ended)), onMissed.add(() => listener.missed())];
      return () => {
        for (const each of cancels) each();
      };
    },
    onReleased: (listener) => onReleased.add(listener),
    close() {
      connection = null;
      currentAtMs = Number.NEGATIVE_INFINITY;
      cancel();
    },
  };
}
