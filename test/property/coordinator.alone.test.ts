import t from "tap";
import type { RefreshAnswer, RefusalOf, RevokeAnswer } from "../../src/cognito/answers.js";
import type { RefreshRequest, TokenSource } from "../../src/cognito/token-source.js";
import type { Session, SessionId } from "../../src/model/session.js";
import { readClaims } from "../../src/model/token-set.js";
import { refreshRequestOf } from "../../src/session/refresh/refresh-attempts.js";
import type { RefreshOutcome } from "../../src/session/refresh/refresh-outcome.js";
import { createRevocation, type ErrandResult } from "../../src/session/revocation.js";
import { createSignOut } from "../../src/session/sign-out.js";
import { after } from "../../src/store/session-store.js";
import type { SessionEnding } from "../../src/wire/reasons.js";
import { flush } from "../support/manual-clock.js";
import fc from "../support/property.js";
import { createCoordinatorRig, subjectOf } from "../support/session-coordinator-rig.js";
import { HOUR_MS, issuedFor, MINUTE_MS, presenting, START_MS, sessionOf } from "../support/session-fixtures.js";
import { GRANTED } from "../support/session-lifecycle-rig.js";

const USERS = 4;
const LOGOUT: SessionEnding = { reason: "signed_out", cause: "logout" };
const OPERATOR: SessionEnding = { reason: "signed_out", cause: "operator" };

/** What may happen next. */
type Step =
  /** A call with one of the tickets the browser has ever had, the newest or an old one left in another tab. */
  | { readonly kind: "call"; readonly user: number; readonly ticket: number }
  | { readonly kind: "refreshNow"; readonly user: number }
  /** In the middle of a call, where the races are, or between calls. */
  | { readonly kind: "signOut"; readonly user: number; readonly during: "call" | "nothing" }
  /** Activity, which makes no tokens and undoes no verdict. */
  | { readonly kind: "activity"; readonly user: number; readonly ticket: number; readonly during: "call" | "nothing" }
  | { readonly kind: "everywhere"; readonly user: number; readonly during: "call" | "nothing" }
  | { readonly kind: "operator"; readonly user: number; readonly during: "call" | "nothing" }
  /** Cognito forgets the user's refresh token: the only thing beside a sign-out that may end a session. */
  | { readonly kind: "revoke"; readonly user: number }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "fault"; readonly fault: Fault };

type Fault = "none" | "outage" | "lost answer" | "throttled" | "blocked" | "doubtful" | "misconfigured" | "denied" | "no keys";

const user = fc.nat(USERS - 1);
const during = fc.constantFrom("call" as const, "nothing" as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("call" as const), user, ticket: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("refreshNow" as const), user }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("signOut" as const), user, during }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("activity" as const), user, ticket: fc.nat(5), during }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("everywhere" as const), user, during }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("operator" as const), user, during }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("revoke" as const), user }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.constantFrom(0, 50, 400, 3_000, MINUTE_MS, 20 * MINUTE_MS, 56 * MINUTE_MS, HOUR_MS),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("fault" as const),
      fault: fc.constantFrom<Fault>(
        "none",
        "none",
        "none",
        "outage",
        "lost answer",
        "throttled",
        "blocked",
        "doubtful",
        "misconfigured",
        "denied",
        "no keys",
      ),
    }),
  },
);

/** Cognito as far as refreshing goes: a family of refresh tokens for each user, which a revocation ends. */
function createModelCognito(rotating: boolean) {
  const families = new Map<string, { newest: string; alive: boolean; issued: number; signedOutEverywhere: boolean; reused: number }>();
  const family = (subject: string) => {
    const known = families.get(subject) ?? {
      newest: `refresh-of-${subject}`,
      alive: true,
      issued: 0,
      signedOutEverywhere: false,
      reused: 0,
    };
    families.set(subject, known);
    return known;
  };
  return {
    family,
    revoke(subject: string): void {
      family(subject).alive = false;
    },
    /** As Cognito does: an access token of a family that has ended opens nothing. */
    signOutEverywhere(accessToken: string): RevokeAnswer {
      const subject = String(readClaims(accessToken)?.["sub"]);
      const known = family(subject);
      if (!known.alive) return { kind: "rejected", ending: { reason: "expired", cause: "refresh_token_revoked" } };
      known.alive = false;
      known.signedOutEverywhere = true;
      return { kind: "revoked" };
    },
    refresh(request: RefreshRequest, nowMs: number): RefreshAnswer {
      const subject = subjectOf(request.username);
      const known = family(subject);
      const presented = request.refreshToken.reveal();
      if (!presented.endsWith(`-of-${subject}`)) return { kind: "misconfigured", problem: "wrong_client" };
      if (!known.alive) return { kind: "rejected", ending: { reason: "expired", cause: "refresh_token_revoked" } };
      if (presented !== known.newest) {
        known.reused += 1;
        return { kind: "rejected", ending: { reason: "expired", cause: "refresh_token_reused" } };
      }
      known.issued += 1;
      if (rotating) known.newest = `refresh-${known.issued}-of-${subject}`;
      return issuedFor(subject, { issuedAtMs: nowMs }, rotating ? known.newest : null);
    },
  };
}

const FAULT_ANSWERS: { readonly [fault in Fault]?: RefusalOf["session"] } = {
  outage: { kind: "unavailable", reason: "cognito_unavailable", answerLost: false },
  throttled: { kind: "unavailable", reason: "cognito_throttled", answerLost: false },
  blocked: { kind: "unavailable", reason: "cognito_blocked", answerLost: false },
  doubtful: { kind: "doubtful", cause: "refresh_token_invalid" },
  misconfigured: { kind: "misconfigured", problem: "settings" },
  denied: { kind: "denied" },
};

/** Some users, their browsers, one process, and a Cognito that answers after a while. */
function createWorld(rotating: boolean, latencyMs: number) {
  const rig = createCoordinatorRig({ perSecond: 50 });
  const { clock, store, coordinator } = rig;
  const cognito = createModelCognito(rotating);
  const violations: string[] = [];
  const underWay = new Map<string, number>();
  const mayEnd = new Set<string>();
  const heardEnded = new Map<SessionId, string>();
  const open: Promise<void>[] = [];
  let fault: Fault = "none";

  rig.cognito.answer = async (request) => {
    const subject = subjectOf(request.username);
    const now = (underWay.get(subject) ?? 0) + 1;
    underWay.set(subject, now);
    if (now > 1) violations.push(`${now} refreshes of ${subject} at once`);
    await new Promise<void>((resolve) => clock.after(latencyMs, resolve));
    underWay.set(subject, now - 1);
    const faulty = FAULT_ANSWERS[fault];
    if (faulty) return faulty;
    // With rotation and no grace a lost answer loses the session at Cognito itself, which no proxy can help.
    const lost: RefreshAnswer = { kind: "unavailable", reason: "cognito_unavailable", answerLost: true };
    if (fault === "lost answer" && rotating) return lost;
    const answer = cognito.refresh(request, clock.now());
    return fault === "lost answer" && answer.kind === "issued" ? lost : answer;
  };
  const verify = rig.cognito.verify;
  rig.cognito.verify = async (...args) => {
    // Keys may have to be fetched, and meanwhile anything may happen.
    await new Promise<void>((resolve) => clock.after(latencyMs, resolve));
    return fault === "no keys" ? { kind: "undecidable", why: "FetchError" } : verify(...args);
  };

  const source: Pick<TokenSource, "revoke" | "signOutEverywhere"> = {
    async revoke(refreshToken) {
      await new Promise<void>((resolve) => clock.after(latencyMs, resolve));
      const faulty = FAULT_ANSWERS[fault];
      if (faulty) return faulty;
      cognito.revoke(/-of-(.+)$/.exec(refreshToken.reveal())?.[1] ?? "");
      return { kind: "revoked" };
    },
    async signOutEverywhere(accessToken) {
      await new Promise<void>((resolve) => clock.after(latencyMs, resolve));
      const faulty = FAULT_ANSWERS[fault];
      if (faulty) return faulty;
      const answer = cognito.signOutEverywhere(accessToken.reveal());
      return fault === "lost answer" ? { kind: "unavailable", reason: "cognito_unavailable", answerLost: true } : answer;
    },
  };
  const revocation = createRevocation({ source, turn: GRANTED, clock, tell: () => {}, log: rig.log });
  const lifecycle = {
    end: (session: Session, ending: SessionEnding) => after(store.end(session, ending), (last) => last ?? session),
  };
  const signOut = createSignOut({ sessions: store, lifecycle, coordinator, source, revocation, turn: GRANTED, time: rig.time });
  const everywhere = new Map<string, ErrandResult>();

  const browsers = Array.from({ length: USERS }, (_, index) => {
    const session = sessionOf({ subject: `user${index}` });
    return { subject: session.subject, id: session.id, tickets: [store.seal(session)], session };
  });
  type Browser = (typeof browsers)[number];

  function check({ subject, id, tickets }: Browser, outcome: RefreshOutcome): void {
    const endedBefore = heardEnded.get(id);
    if (outcome.kind === "rejected") {
      if (!mayEnd.has(subject)) violations.push(`${subject} was ended for ${outcome.ending.cause}, though neither signed out nor revoked`);
      if (endedBefore !== undefined && endedBefore !== outcome.ending.cause)
        violations.push(`${subject} heard ${endedBefore} and then ${outcome.ending.cause}`);
      heardEnded.set(id, outcome.ending.cause);
      return;
    }
    if (endedBefore !== undefined) violations.push(`${subject} heard ${outcome.kind} after the end`);
    if (store.endingOf(id)) violations.push(`${subject} got ${outcome.kind} after the end`);
    if (outcome.kind !== "refreshed") return;
    checkToken(subject, id, outcome.session);
    const newest = store.newest(id);
    const ticket = newest && store.seal(newest);
    if (ticket && ticket !== tickets.at(-1)) tickets.push(ticket);
  }

  function checkToken(subject: string, id: SessionId, session: Session): void {
    const claimed = session.tokens.claims["sub"];
    if (session.id !== id || session.subject !== subject || claimed !== subject)
      violations.push(`${subject} got the token of ${String(claimed)}`);
    if (session.tokens.expiresAtMs <= clock.now() - 2 * latencyMs) violations.push(`${subject} got a dead token`);
    if (!session.tokens.refresh.reveal().endsWith(`-of-${subject}`)) violations.push(`${subject} got another's refresh token`);
  }

  function use(browser: Browser, ticket: number, how: (session: Session) => Session | Promise<RefreshOutcome>): void {
    const sealed = browser.tickets.at(-1 - (ticket % browser.tickets.length)) ?? "";
    const reading = store.read(presenting([sealed]));
    if (reading.kind === "ended") check(browser, { kind: "rejected", ending: reading.ending });
    else if (reading.kind !== "session") violations.push(`${browser.subject}'s ticket reads ${reading.kind}`);
    else {
      const usable = how(reading.session);
      if (usable instanceof Promise) open.push(usable.then((outcome) => check(browser, outcome)));
      else check(browser, { kind: "refreshed", session: usable });
    }
  }

  function act(browser: Browser, next: Extract<Step, { during: unknown }>): void {
    if (next.kind === "activity") {
      use(browser, next.ticket, (session) => {
        store.save({ ...session, lastSeenAtMs: clock.now() });
        return coordinator.ensureUsable(session);
      });
      return;
    }
    mayEnd.add(browser.subject);
    if (next.kind === "signOut") store.end(browser.id, LOGOUT);
    if (next.kind === "operator") store.end(browser.id, OPERATOR);
    const reading = store.read(presenting([browser.tickets.at(-1) ?? ""]));
    if (next.kind !== "everywhere" || reading.kind !== "session") return;
    open.push(
      signOut.everywhere(reading.session).then((result) => {
        everywhere.set(browser.subject, result);
        if (result === "done" && !cognito.family(browser.subject).signedOutEverywhere)
          violations.push(`${browser.subject} was told "done" and is not signed out everywhere`);
      }),
    );
    if (!store.endingOf(browser.id)) violations.push(`${browser.subject} is still signed in after signing out everywhere`);
  }

  async function take(next: Step): Promise<void> {
    if (next.kind === "pass") return clock.run(next.ms);
    if (next.kind === "fault") {
      fault = next.fault;
      return;
    }
    const browser = browsers[next.user];
    if (!browser) return;
    if (next.kind === "call") use(browser, next.ticket, (session) => coordinator.ensureUsable(session));
    if (next.kind === "refreshNow") use(browser, 0, (session) => coordinator.refreshNow(session));
    if ("during" in next) {
      if (next.during === "call") use(browser, 0, (session) => coordinator.ensureUsable(session));
      await flush();
      act(browser, next);
    }
    if (next.kind === "revoke") {
      cognito.revoke(browser.subject);
      mayEnd.add(browser.subject);
    }
    await flush();
  }

  /** Faults over, and time to make good: who did not end must have a good token again. */
  async function recover(): Promise<void> {
    fault = "none";
    await clock.run(2 * HOUR_MS);
    for (const browser of browsers) use(browser, 0, (session) => coordinator.ensureUsable(session));
    await clock.run(MINUTE_MS);
    await Promise.all(open);
    for (const { subject, id } of browsers) {
      const { reused, signedOutEverywhere } = cognito.family(subject);
      if (reused > 0) violations.push(`a refresh token of ${subject} was used twice`);
      if (
        everywhere.get(subject) === "pending" &&
        !signedOutEverywhere &&
        rig.log.saying("GlobalSignOut failed: this session").length === 0
      )
        violations.push(`${subject} was told "pending", and it was never made good`);
      if (!mayEnd.has(subject) && (store.newest(id)?.tokens.expiresAtMs ?? 0) <= clock.now()) violations.push(`${subject} did not recover`);
    }
  }

  return { take, recover, violations, asked: rig.asked, family: cognito.family, browsers, mayEnd, cognito, clock };
}

t.test(
  "whatever comes in whatever order: one refresh at a time for a session, no outage ends one, an ended one never comes back, nobody gets another's token",
  async (t) => {
    let refreshes = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 60 }),
        fc.boolean(),
        fc.constantFrom(0, 30, 900),
        async (steps, rotating, latencyMs) => {
          const world = createWorld(rotating, latencyMs);
          for (const next of steps) await world.take(next);
          await world.recover();
          refreshes += world.asked.length;
          t.same(world.violations, []);
          return world.violations.length === 0;
        },
      ),
      { numRuns: 80 },
    );
    t.ok(refreshes > 80, `the runs did refresh: ${refreshes} times`);
  },
);

t.test("the model itself knows reuse: a token rotated out is refused", (t) => {
  const { cognito, family, clock } = createWorld(true, 0);
  const request = (token: string) => ({ ...refreshRequestOf(sessionOf({ refresh: token }), GRANTED), username: "name-of-user0" });
  t.equal(cognito.refresh(request("refresh-of-user0"), START_MS).kind, "issued");
  t.match(cognito.refresh(request("refresh-of-user0"), START_MS), { ending: { cause: "refresh_token_reused" } });
  t.equal(cognito.refresh(request(family("user0").newest), clock.now()).kind, "issued");
  t.end();
});

t.test("cross-user mix-up: a hundred users at once get each their own token, with one refresh each", async (t) => {
  const { coordinator, clock, cognito, asked } = createCoordinatorRig({ perSecond: 20, longestWaitMs: 60_000 });
  const refreshing = cognito.answer;
  cognito.answer = async (request) => {
    await new Promise<void>((resolve) => clock.after((request.username.length * 37) % 100, resolve));
    return refreshing(request);
  };
  const sessions = Array.from({ length: 100 }, (_, index) => sessionOf({ subject: `user${index}`, issuedAtMs: START_MS - 2 * HOUR_MS }));
  const calls = [...sessions, ...sessions.toReversed(), ...sessions].map(async (session) => ({
    session,
    outcome: await coordinator.ensureUsable(session),
  }));
  const results = await clock.advanceUntilSettled(Promise.all(calls));
  const wrong = results.filter(
    ({ session, outcome }) =>
      !("kind" in outcome) || outcome.kind !== "refreshed" || outcome.session.tokens.claims["sub"] !== session.subject,
  );
  t.equal(wrong.length, 0);
  t.equal(asked.length, 100);
});
