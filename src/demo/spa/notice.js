import { noticeWords } from "./words.js";

const RETRY_SECONDS = { offline: 5, refused: 15 };
const GOOD_NEWS_MS = 8_000;
/** Between the notice and what is above it, and below it. */
const GAP = 16;

const box = document.querySelector("#notice");
const text = document.querySelector("#notice-text");
const countdown = document.querySelector("#notice-countdown");

let stop = () => {};

/**
 * Says calmly that something has to wait, and tries again by itself when waiting helps.
 *
 * @param {import("./calls.js").Answer} answer busy, refused or offline
 * @param {{ lead?: string, tail?: string, retry: () => unknown }} options `retry` must be harmless to repeat: a GET
 */
export function showTrouble(answer, { lead = "", tail = "", retry }) {
  show("wait", `${lead}${noticeWords(answer)}${tail}`);
  const seconds = answer.kind === "busy" ? answer.retryAfterSeconds : RETRY_SECONDS[answer.kind];
  // Asking once more does not change a 4xx, and the session's own answer tells nothing of the shop's service.
  if ((answer.kind === "refused" && answer.status < 500) || answer.problem?.reason.startsWith("upstream_")) return;
  stop = countDown(seconds, () => {
    countdown.textContent = "Looking again now…";
    retry();
  });
}

/** Good news, which goes away by itself. */
export function showGoodNews(words) {
  show("ok", words);
  const timer = setTimeout(hideNotice, GOOD_NEWS_MS);
  stop = () => clearTimeout(timer);
}

export function hideNotice() {
  stop();
  stop = () => {};
  box.hidden = true;
  box.dataset.tone = "";
  document.documentElement.style.scrollPaddingBottom = "";
}

// What has the focus is not behind the notice (WCAG 2.2, 2.4.11), whichever of the two came first.
document.addEventListener("focusin", keepFocusInSight);

function keepFocusInSight() {
  const focused = document.activeElement;
  if (box.hidden || !focused || focused === document.body || box.contains(focused)) return;
  const { top, height, left, right } = box.getBoundingClientRect();
  const field = focused.getBoundingClientRect();
  document.documentElement.style.scrollPaddingBottom = `${height + 2 * GAP}px`;
  if (field.bottom > top - GAP && field.top < top + height && field.left < right && field.right > left)
    focused.scrollIntoView({ block: "nearest" });
}

/** Whether the person is being told to wait. */
export function isWaiting() {
  return box.dataset.tone === "wait";
}

function show(tone, words) {
  stop();
  stop = () => {};
  box.hidden = false;
  box.dataset.tone = tone;
  countdown.textContent = "";
  // A screen reader hears the text only when it is news, and never the seconds.
  if (text.textContent !== words) text.textContent = words;
  keepFocusInSight();
}

function countDown(seconds, done) {
  let left = seconds;
  const say = () => {
    countdown.textContent = `Looking again in ${left} s`;
  };
  say();
  const timer = setInterval(() => {
    left -= 1;
    if (left > 0) {
      say();
      return;
    }
    clearInterval(timer);
    done();
  }, 1_000);
  return () => clearInterval(timer);
}
