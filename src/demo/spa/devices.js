/** Where the person is signed in, by plain fetch. Only a shared store can list that: without one the section stays away. */
import { answerOf } from "./calls.js";

const SESSIONS = "/auth/sessions";

let client;
/** Whose list is on the page. */
let person = null;

export function startDevices(shopClient) {
  client = shopClient;
  client.subscribe(follow);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && person !== null) void load();
  });
  follow();
}

/** Another person, or nobody: what is shown goes at once. */
function follow() {
  const sub = client.session().session?.user.sub ?? null;
  if (sub === person) return;
  person = sub;
  find("devices").hidden = true;
  find("devices-list").replaceChildren();
  say("");
  if (person !== null) void load();
}

async function load() {
  const asked = person;
  const answer = await ask("GET", SESSIONS);
  if (person !== asked) return;
  if (answer.kind === "ended") void client.check();
  if (answer.kind !== "ok") return;
  find("devices-list").replaceChildren(...answer.body.sessions.map(device));
  find("devices").hidden = false;
}

async function end({ handle }, name) {
  const answer = await ask("DELETE", `${SESSIONS}/${encodeURIComponent(handle)}`);
  const gone = answer.kind === "ok" || answer.problem?.reason === "not_found";
  if (gone) {
    await load();
    say(`${name} is signed out.`);
    // The button that had the focus is gone.
    find("devices-title").focus();
  } else if (answer.problem?.cause === "login_required") {
    const url = new URL(answer.problem.login_url, location.origin);
    url.searchParams.set("return_to", location.pathname);
    find("devices-again").href = url.href;
    say("To sign out another device, please sign in once more.", true);
  } else if (answer.kind === "ended") void client.check();
  else say("That did not work just now. Please try again in a moment.");
}

async function ask(method, url) {
  try {
    return await answerOf(await fetch(url, { method, cache: "no-store", headers: { accept: "application/json" } }));
  } catch {
    return { kind: "offline" };
  }
}

function device(session, index) {
  const { browser, system, current, started_at, last_seen_at } = session;
  const name = system ? `${browser} on ${system}` : browser;
  const item = document.createElement("li");
  const about = element("p", "device-about", `Signed in ${moment(started_at)}${current ? "" : ` · last used ${moment(last_seen_at)}`}`);
  about.id = `device-about-${index}`;
  const title = element("p", "device-name", name);
  if (current) title.append(" ", element("span", "device-here", "This device"));
  item.append(title, about);
  if (!current) item.append(endButton(session, name, about.id));
  return item;
}

function endButton(session, name, describedBy) {
  const button = Object.assign(element("button", "button quiet", "Sign out"), { type: "button" });
  button.setAttribute("aria-label", `Sign out ${name}`);
  button.setAttribute("aria-describedby", describedBy);
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    await end(session, name);
    button.setAttribute("aria-disabled", "false");
  });
  return button;
}

function moment(iso) {
  return new Date(iso).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
}

function say(text, offersSignIn = false) {
  find("devices-said").textContent = text;
  find("devices-again").hidden = !offersSignIn;
}

function element(name, className, text) {
  return Object.assign(document.createElement(name), { className, textContent: text });
}

function find(id) {
  return document.getElementById(id);
}
