import { Counter, Gauge, type Registry } from "prom-client";

/** Of a shared store. */
export interface StoreGauges {
  readonly isThere: () => boolean;
  /** Whether what other processes say is heard. */
  readonly isHeard: () => boolean;
}

/** What is asked for when Prometheus asks. */
export interface Gauges {
  readonly openCalls: () => number;
  readonly openSockets: () => number;
  readonly openStreams: () => number;
  readonly watchedSessions: () => number;
  readonly waitingCalls: () => number;
  readonly waitingRefreshes: () => number;
  readonly cognitoAheadMs: () => number;
  readonly cache: () => {
    readonly hits: number;
    readonly misses: number;
    readonly openedBytes: number;
    readonly newestBytes: number;
    readonly endingBytes: number;
  };
  readonly cacheMaxBytes: number;
  /** In their order. */
  readonly keyFingerprints: readonly string[];
  /** Null where sessions live in cookies. */
  readonly store: StoreGauges | null;
  readonly sessions: {
    /** Those of all processes, in a shared store, or those that this one has seen. */
    readonly of: "shared" | "seen";
    /** Null while the store is away. */
    readonly read: () => Promise<CountedSessions | null>;
  };
}

/** Sessions by how long ago they began and how soon they end. */
export interface CountedSessions {
  readonly sessions: number;
  /** Each count includes those of the shorter spans. */
  readonly begun: readonly SessionsWithin[];
  /** Null where no setting says how long sessions live. */
  readonly ending: {
    readonly within: readonly SessionsWithin[];
    /** Of each hour alone: `00` begins now. */
    readonly byHour: readonly { readonly hour: string; readonly sessions: number }[];
    /** Of each day alone: `01` begins in 24 hours. */
    readonly byDay: readonly { readonly day: string; readonly sessions: number }[];
    readonly mostInOneHour: number;
    readonly mostAtMs: number | null;
  } | null;
}

export interface SessionsWithin {
  /** `1h`, `7d` */
  readonly within: string;
  readonly sessions: number;
}

export function addGauge(registry: Registry, name: string, help: string, read: () => number): void {
  const measured: Gauge = new Gauge({ name, help, registers: [registry], collect: () => measured.set(read()) });
}

/** A counter that somebody else counts. */
export function addTotal(registry: Registry, name: string, help: string, read: () => number): void {
  const counted: Counter = new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      counted.reset();
      counted.inc(read());
    },
  });
}

export function addGauges(registry: Registry, gauges: Gauges): void {
  addGauge(registry, "bff_open_calls", "Calls under way to an API", gauges.openCalls);
  addGauge(registry, "bff_open_sockets", "WebSockets open through the proxy", gauges.openSockets);
  addGauge(registry, "bff_open_streams", "Event streams open through the proxy", gauges.openStreams);
  addGauge(registry, "bff_watched_sessions", "Sessions whose end open sockets and event streams wait for", gauges.watchedSessions);
  addGauge(
    registry,
    "bff_upstream_waiting",
    "Calls that wait for their turn at an API under UPSTREAM_MAX_CONNECTIONS",
    gauges.waitingCalls,
  );
  const cognitoAhead = "How far Cognito's clock is ahead of this machine's, learned from the tokens it issues";
  addGauge(registry, "bff_cognito_clock_difference_seconds", cognitoAhead, () => gauges.cognitoAheadMs() / 1000);
  addGauge(registry, "bff_refresh_waiting", "Refreshes that wait for their turn under REFRESH_RATE_LIMIT", gauges.waitingRefreshes);
  addTotal(registry, "bff_session_cache_hits_total", "Tickets found opened in memory", () => gauges.cache().hits);
  addTotal(registry, "bff_session_cache_misses_total", "Tickets that had to be opened", () => gauges.cache().misses);
  addGauge(
    registry,
    "bff_session_endings_bytes",
    "Estimated bytes of ended sessions that are remembered",
    () => gauges.cache().endingBytes,
  );
  addGauge(registry, "bff_session_cache_max_bytes", "SESSION_CACHE_BYTES", () => gauges.cacheMaxBytes);
  const cacheBytes: Gauge<"cache"> = new Gauge({
    name: "bff_session_cache_bytes",
    help: "Estimated bytes of opened tickets, and of versions no browser has brought back yet",
    labelNames: ["cache"],
    registers: [registry],
    collect() {
      const { openedBytes, newestBytes } = gauges.cache();
      cacheBytes.set({ cache: "opened" }, openedBytes);
      cacheBytes.set({ cache: "newest" }, newestBytes);
    },
  });
  addKeyFingerprints(registry, gauges.keyFingerprints);
  for (const [of, what] of COUNTED) addCountedSessions(registry, of, what, gauges.sessions);
  addStore(registry, gauges.store);
}

function addKeyFingerprints(registry: Registry, fingerprints: readonly string[]): void {
  const help = "Always 1, with a fingerprint of each session key and its place; place 1 seals";
  const keys = new Gauge({ name: "bff_session_key_info", help, labelNames: ["place", "fingerprint"], registers: [registry] });
  for (const [index, fingerprint] of fingerprints.entries()) keys.set({ place: String(index + 1), fingerprint }, 1);
}

const COUNTED: readonly (readonly [of: "shared" | "seen", what: string])[] = [
  ["shared", "Sessions in the shared store"],
  ["seen", "Sessions that this process has seen in the last 24 hours"],
];

/** Of a shared store each process says the same. What is not known is left out: a zero would say that nobody is signed in. */
function addCountedSessions(registry: Registry, of: "shared" | "seen", what: string, sessions: Gauges["sessions"]): void {
  const prefix = `bff_${of}_sessions`;
  const read = async () => (sessions.of === of ? sessions.read() : null);
  function gauge<L extends string = never>(
    name: string,
    help: string,
    labelNames: readonly L[],
    set: (gauge: Gauge<L>, figures: CountedSessions) => void,
  ): void {
    const measured: Gauge<L> = new Gauge<L>({
      name: `${prefix}${name}`,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        const figures = await read();
        measured.reset();
        // One without labels has been put to zero, which would be said.
        if (labelNames.length === 0) measured.remove();
        if (figures) set(measured, figures);
      },
    });
  }

  gauge("", what, [], (measured, { sessions: all }) => measured.set(all));
  gauge("_begun", "Of them, those that began within so long", ["within"], (measured, { begun }) => {
    for (const { within, sessions: count } of begun) measured.set({ within }, count);
  });
  gauge("_ending", "Of them, those that end within so long at the latest", ["within"], (measured, { ending }) => {
    for (const { within, sessions: count } of ending?.within ?? []) measured.set({ within }, count);
  });
  gauge("_ending_by_hour", "Of them, those that end in each hour from now, at the latest", ["hour"], (measured, { ending }) => {
    for (const { hour, sessions: count } of ending?.byHour ?? []) measured.set({ hour }, count);
  });
  gauge("_ending_by_day", "The same for each day after the first", ["day"], (measured, { ending }) => {
    for (const { day, sessions: count } of ending?.byDay ?? []) measured.set({ day }, count);
  });
  const peak = "Of them, the most that end within one hour of the next 24";
  gauge("_ending_peak", peak, [], (measured, { ending }) => void (ending && measured.set(ending.mostInOneHour)));
  gauge("_ending_peak_timestamp_seconds", "When that hour begins", [], (measured, { ending }) => {
    if (ending !== null && ending.mostAtMs !== null) measured.set(ending.mostAtMs / 1000);
  });
}

/** Without a shared store nothing is said of it. */
function addStore(registry: Registry, store: StoreGauges | null): void {
  function gauge(name: string, help: string, read: (store: StoreGauges) => boolean): void {
    const measured: Gauge = new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        if (store) measured.set(read(store) ? 1 : 0);
        else measured.remove();
      },
    });
  }
  gauge("bff_store_up", "1 while the shared session store can be reached", ({ isThere }) => isThere());
  const subscribed = "1 while what other processes say is heard; without it every call asks the store";
  gauge("bff_store_subscribed", subscribed, ({ isHeard }) => isHeard());
}
