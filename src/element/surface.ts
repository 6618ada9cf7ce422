import { STYLES } from "./styles.js";
import type { View } from "./view.js";
import type { Act, Words } from "./words.js";

/** What is on the screen: one dialog, which stands beside the page or before it, and a voice for those who do not see it. */
export interface Surface {
  show(view: View | null, words: Words, lang: string): void;
  /** Politely. */
  say(text: string): void;
  dispose(): void;
}

/** Not an app's: what looks for its own may look into open shadow roots, as Playwright does. */
const idOf = (part: string) => `session-guard-${part}`;

function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  part: string,
  attributes: Readonly<Record<string, string>> = {},
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries({ part, ...attributes })) element.setAttribute(attribute, value);
  return element;
}

function countdown(endsAtMs: number): string {
  // As the client's clock, by which it ends: one of the two may have been set back.
  const nowMs = Math.max(Date.now(), performance.timeOrigin + performance.now());
  const seconds = Math.max(0, Math.round((endsAtMs - nowMs) / 1_000));
  return `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, "0")}`;
}

// Long: one dialog and all that changes it.
export function createSurface(root: ShadowRoot, act: (act: Act) => void): Surface {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLES);
  root.adoptedStyleSheets = [sheet];
  const dialog = make("dialog", "dialog", { "aria-labelledby": idOf("title"), "aria-describedby": `${idOf("text")} ${idOf("note")}` });
  // It has the focus first: no button that a person who is just typing would press.
  const title = make("h2", "title", { id: idOf("title"), tabindex: "-1", autofocus: "" });
  const text = make("p", "text", { id: idOf("text"), "aria-live": "polite" });
  const note = make("p", "note", { id: idOf("note") });
  // A timer is read when it is asked for, and not each second.
  const timer = make("p", "countdown", { role: "timer" });
  const actions = make("div", "actions");
  const voice = make("p", "voice", { role: "status" });
  dialog.append(title, text, timer, note, actions);
  root.append(dialog, voice);

  let shown: View | null = null;
  let drawn = "";
  /** What had the focus before a notice got it. */
  let opener: EventTarget | null = null;
  let ticking: ReturnType<typeof setInterval> | undefined;
  const isModal = () => dialog.matches(":modal");
  const hasFocus = () => root.activeElement !== null;

  function onEscape(event: Event): void {
    event.preventDefault();
    if (shown?.escape) act(shown.escape);
  }
  dialog.oncancel = onEscape;
  dialog.onkeydown = (event) => {
    if (event.key === "Escape" && !isModal()) onEscape(event);
  };
  dialog.onclose = () => {
    if (shown && !dialog.open) act(shown.escape ?? "later");
  };
  dialog.addEventListener("focusin", ({ relatedTarget }) => {
    if (relatedTarget && !isModal()) opener = relatedTarget;
  });

  /** A modal dialog gives the focus back by itself. */
  function close(): void {
    const back = hasFocus() && !isModal() ? opener : null;
    dialog.close();
    if (back instanceof HTMLElement) back.focus();
  }

  function draw({ says, note: noted, acts }: View, words: Words): void {
    const hadFocus = hasFocus();
    const message = says.map((name) => words[name]).find(Array.isArray) ?? words.expired;
    title.textContent = message[0];
    text.textContent = message[1] ?? words.expired[1] ?? "";
    note.textContent = noted ? words[noted] : "";
    actions.replaceChildren(
      ...acts.map((each, index) => {
        const button = make("button", index === 0 ? "button primary" : "button", { type: "button" });
        button.textContent = words[each];
        button.onclick = () => act(each);
        return button;
      }),
    );
    if (hadFocus) title.focus();
  }

  function tick(): void {
    const endsAtMs = shown?.endsAtMs;
    timer.textContent = endsAtMs ? countdown(endsAtMs) : "";
    // What has the focus is not behind a notice (WCAG 2.2, 2.4.11).
    const box = document.querySelector(":focus")?.getBoundingClientRect();
    if (box && dialog.contains(root.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2))) dialog.classList.toggle("above");
  }

  function open({ kind, says }: View): void {
    dialog.className = [kind, ...says].join(" ");
    // Some browsers close a dialog at the second Escape, whatever is said; newer ones can be told not to.
    dialog.setAttribute("closedby", kind === "cover" ? "none" : "closerequest");
    if (dialog.open && isModal() === (kind === "notice")) close();
    if (dialog.open) return;
    // Its show() would take the focus.
    if (kind === "notice") {
      dialog.open = true;
      say(`${title.textContent}. ${text.textContent}`);
    } else dialog.showModal();
    // Below something that is not shown it would hold the page, and nobody would see why.
    if (!dialog.offsetWidth) {
      shown = null;
      dialog.close();
    }
  }

  function say(words: string): void {
    voice.textContent = words;
  }

  return {
    show(view, words, lang) {
      const drawing = JSON.stringify([view, words, lang]);
      if (drawing === drawn && dialog.open === (view !== null)) return;
      shown = view;
      drawn = drawing;
      say("");
      clearInterval(ticking);
      if (view === null) close();
      else {
        dialog.lang = lang;
        voice.lang = lang;
        draw(view, words);
        tick();
        ticking = setInterval(tick, 1_000);
        open(view);
      }
    },
    say,
    dispose() {
      shown = null;
      clearInterval(ticking);
      dialog.close();
      root.replaceChildren();
    },
  };
}
