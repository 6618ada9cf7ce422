import type { BffServer } from "cognito-bff";

/** What a browser says of a navigation; scripts cannot pretend to be one, so nothing else may sign in. */
const NAVIGATION = { "sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };

type Answer = { readonly headers: { readonly location?: string | string[] | undefined } };

function locationOf({ headers }: Answer): string {
  if (typeof headers.location !== "string") throw new Error("the answer leads nowhere");
  return headers.location;
}

/** A Cookie header of what answers have set. */
function cookiesOf(lines: readonly string[]): string {
  return lines.map((line) => line.split(";")[0]).join("; ");
}

/** Signs a person in as a browser does, and resolves with the Cookie header of their session. */
export async function signIn(server: BffServer, user: { readonly email: string; readonly password: string }): Promise<string> {
  const begun = await server.app.inject({ url: "/auth/login", headers: NAVIGATION });
  const ours = cookiesOf([begun.headers["set-cookie"] ?? []].flat());

  // Managed login: its form has hidden fields and a cookie that go with it.
  const page = await fetch(locationOf(begun));
  const form = new URLSearchParams();
  for (const [, name = "", value = ""] of (await page.text()).matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g))
    form.set(name, value.replaceAll("&amp;", "&"));
  form.set("username", user.email);
  form.set("password", user.password);
  const theirs = cookiesOf(page.headers.getSetCookie());
  const entered = await fetch(page.url, { method: "POST", body: form, headers: { cookie: theirs }, redirect: "manual" });
  const callback = new URL(entered.headers.get("location") ?? "", page.url);

  const headers = { ...NAVIGATION, "sec-fetch-site": "cross-site", cookie: ours };
  const landed = await server.app.inject({ url: callback.pathname + callback.search, headers });
  return cookiesOf([landed.headers["set-cookie"] ?? []].flat().filter((line) => line.startsWith("bff-session")));
}
