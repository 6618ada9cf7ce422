import type { Config } from "../../config/config.js";
import type { CookieNames } from "../../store/cookies.js";
import { PROBLEM_HEADER } from "../../wire/headers.js";
import { REASONS } from "../../wire/reasons.js";
import type { Expected } from "../scenarios/scenario.js";
import { type Answer, type Browser, readSetCookie } from "../stage/browser.js";
import { hasFields, type LogLines } from "../stage/log-lines.js";
import { USER } from "../stage/rehearsed-pool.js";

/** One call that was made, and what it met. */
export interface Probe {
  readonly path: string;
  /** Whether it goes to an API: then a problem must have kept it from there. */
  readonly isForwarded: boolean;
  readonly answer: Answer;
  /** Tokens that reached an API with it. */
  readonly tokensSeen: number;
}

type Problem = Extract<Expected, { kind: "problem" }>;

/** What a problem of ours says, as far as it can be read. */
function documentOf({ text }: Answer): { readonly [name: string]: unknown } {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

const told = ({ reason, cause }: { readonly reason?: unknown; readonly cause?: unknown }) =>
  [reason, cause].filter((word) => typeof word === "string").join(" / ") || "no reason";

/** What an answer met, in the words of the table: `401 expired / user_disabled`. */
export function met(answer: Answer): string {
  const document = documentOf(answer);
  const reason = answer.headers[PROBLEM_HEADER];
  // A page has its reason in the header alone.
  if (document["reason"] === undefined && typeof reason === "string") return `${answer.status} ${reason}`;
  return document["reason"] === undefined ? String(answer.status) : `${answer.status} ${told(document)}`;
}

/** What must be met, in the same words. */
export function wanted(expected: Expected): string {
  return expected.kind === "served" ? "200" : `${REASONS[expected.reason].status} ${told(expected)}`;
}

/** What is wrong with the answer of one call. */
export function answerFaults(probe: Probe, expected: Expected): readonly string[] {
  const { path, answer, isForwarded, tokensSeen } = probe;
  const name = `GET ${path}`;
  const document = documentOf(answer);
  if (expected.kind === "served") {
    if (answer.status !== 200) return [`${name}: ${met(answer)} in place of 200`];
    return isForwarded && tokensSeen === 0 ? [`${name}: the API got no token`] : [];
  }
  const { status } = REASONS[expected.reason];
  const faults: string[] = [];
  if (answer.status !== status || document["reason"] !== expected.reason || document["cause"] !== expected.cause)
    faults.push(`${name}: ${met(answer)} in place of ${wanted(expected)}`);
  if (document["status"] !== answer.status) faults.push(`${name}: the body's status is not the answer's`);
  if (status === 401 && typeof document["login_url"] !== "string") faults.push(`${name}: no login_url`);
  if (tokensSeen > 0) faults.push(`${name}: the call was forwarded to the API all the same`);
  if (answer.headers[PROBLEM_HEADER] !== expected.reason) faults.push(`${name}: no header ${PROBLEM_HEADER}: ${expected.reason}`);
  if (answer.headers["content-type"]?.includes("application/problem+json") !== true) faults.push(`${name}: no application/problem+json`);
  if (answer.headers["cache-control"] !== "no-store") faults.push(`${name}: no Cache-Control: no-store`);
  if (status === 503 && answer.headers["retry-after"] === undefined) faults.push(`${name}: no Retry-After`);
  return faults;
}

/** What is wrong with what a navigation gets: a page for people, with the same reason, and no redirect. */
export function pageFaults({ status, headers }: Answer, expected: Expected): readonly string[] {
  if (expected.kind === "served") return [];
  const wantedStatus = REASONS[expected.reason].status;
  if (status !== wantedStatus || headers[PROBLEM_HEADER] !== expected.reason)
    return [`a navigation gets ${status} ${String(headers[PROBLEM_HEADER])} in place of ${wantedStatus} ${expected.reason}`];
  return headers["content-type"]?.includes("text/html") === true ? [] : ["a navigation gets no page for people"];
}

/** What is wrong with the cookies, after all calls. */
export function cookieFaults(answers: readonly Answer[], browser: Browser, names: CookieNames, expected: Expected): readonly string[] {
  const isSessions = (name: string) => name === names.session || names.chunks.includes(name);
  const written = answers.flatMap((answer) => answer.setCookies.map((line) => ({ ...readSetCookie(line), answer })));
  const hasSession = [...browser.cookies.keys()].some(isSessions);
  if (expected.kind === "problem" && expected.cookie === "cleared") {
    const faults = hasSession ? ["the session's cookie is still there, although the session is over"] : [];
    return browser.cookies.has(names.ended) ? faults : [...faults, "no cookie keeps the reason for other tabs"];
  }
  const removed = written.find(({ name, isRemoval }) => isRemoval && isSessions(name));
  const marked = written.find(({ name, isRemoval }) => !isRemoval && name === names.ended);
  return [
    ...(removed && !hasSession ? [`${met(removed.answer)} cleared the session's cookie: this signs people out who need not be`] : []),
    ...(marked ? [`${met(marked.answer)} marked the session as ended, although it is not`] : []),
    ...(!removed && !hasSession ? ["the session's cookie is gone"] : []),
  ];
}

/**
 * What is wrong with how cookies were set: scripts must not read the session's (HttpOnly), no network see it (Secure, where the app is on https), no
 * other host and no other site get it.
 */
export function attributeFaults({ cookieLines }: Browser, names: CookieNames, { publicUrl, cookieSameSite }: Config): readonly string[] {
  const isHttps = publicUrl.startsWith("https:");
  const faults = cookieLines.map(readSetCookie).flatMap(({ name, sameSite, attributes, isRemoval }) => {
    const isLogin = name.startsWith(names.loginPrefix);
    if (isRemoval || !(isLogin || name === names.ended || name === names.session || names.chunks.includes(name))) return [];
    // The way back from Cognito's page comes from another site, so that the sign-in's own has to be lax.
    const wanted = isLogin ? "lax" : cookieSameSite;
    const kind = isLogin ? "sign-in's" : name === names.ended ? "ended marker's" : "session's";
    return [
      ...(attributes.includes("httponly") ? [] : [`the ${kind} cookie is not HttpOnly: any script of the page can take it`]),
      ...(attributes.includes("secure") || !isHttps ? [] : [`the ${kind} cookie is not Secure: it travels without encryption`]),
      ...(attributes.includes("domain") ? [`the ${kind} cookie has a Domain: other hosts get it`] : []),
      ...(sameSite === wanted ? [] : [`the ${kind} cookie is SameSite=${sameSite} in place of ${wanted}`]),
    ];
  });
  return [...new Set(faults)];
}

/** What is wrong with the log: the operator's line, the line of each problem, and that nobody is named. */
export function logFaults(answers: readonly Answer[], log: LogLines, expected: Expected): readonly string[] {
  const faults: string[] = [];
  if (expected.log !== null && !log.lines.some((line) => hasFields(line, expected.log ?? {})))
    faults.push(`no log line with ${JSON.stringify(expected.log)}`);
  if (expected.kind === "problem") faults.push(...problemLineFaults(answers, log, expected));
  const text = log.text();
  if (text.includes(USER.email) || /eyJ[\w-]{20}/.test(text)) faults.push("the log names a person or holds a token");
  return faults;
}

function problemLineFaults(answers: readonly Answer[], log: LogLines, { reason }: Problem): readonly string[] {
  return answers.flatMap((answer) => {
    const id = documentOf(answer)["request_id"];
    if (documentOf(answer)["reason"] !== reason) return [];
    return log.lines.some((line) => line["request_id"] === id && line["reason"] === reason)
      ? []
      : [`no log line has the request id of ${met(answer)}`];
  });
}
