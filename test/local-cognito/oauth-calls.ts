import { createHash, randomBytes } from "node:crypto";
import type { LocalCognito } from "../../src/local-cognito/index.js";
import { CLIENT_ID, CLIENT_SECRET, EMAIL, PASSWORD, present, REDIRECT_URI } from "./running-cognito.js";

export function pkce(): { readonly verifier: string; readonly challenge: string } {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
}

export const AUTHORIZATION = {
  response_type: "code",
  client_id: CLIENT_ID,
  redirect_uri: REDIRECT_URI,
  scope: "openid email profile aws.cognito.signin.user.admin",
  state: "state-1",
};

/** GET without following redirects; null values leave a parameter out. */
export function browse(cognito: LocalCognito, path: string, parameters: Record<string, string | null>, cookie = ""): Promise<Response> {
  const given = Object.entries(parameters).flatMap(([name, value]): [string, string][] => (value === null ? [] : [[name, value]]));
  return fetch(`${cognito.url}${path}?${new URLSearchParams(given)}`, { redirect: "manual", headers: cookie === "" ? {} : { cookie } });
}

/** Sends the form that the page contains, with its hidden fields. */
export async function sendForm(cognito: LocalCognito, page: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const hidden = [...page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name, value]): [string, string] => [
    name ?? "",
    (value ?? "")
      .replaceAll("&quot;", '"')
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&#39;", "'")
      .replaceAll("&amp;", "&"),
  ]);
  return fetch(`${cognito.url}/login`, {
    method: "POST",
    redirect: "manual",
    headers,
    body: new URLSearchParams([...hidden, ...Object.entries(fields)]),
  });
}

/** Signs in through the form; returns where it leads and managed login's cookie. */
export async function signInByForm(cognito: LocalCognito, parameters: Record<string, string> = {}) {
  const form = await browse(cognito, "/login", { ...AUTHORIZATION, ...parameters });
  const answer = await sendForm(cognito, await form.text(), { username: EMAIL, password: PASSWORD });
  const location = new URL(present(answer.headers.get("location")));
  return {
    location,
    code: present(location.searchParams.get("code")),
    cookie: present(answer.headers.get("set-cookie")?.split(";")[0]),
  };
}

export const BASIC = `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString("base64")}`;

/** `POST` of a form to an OAuth endpoint, as the default client unless told. */
export function postForm(
  cognito: LocalCognito,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = { authorization: BASIC },
) {
  return fetch(`${cognito.url}${path}`, { method: "POST", headers, body: new URLSearchParams(fields) });
}

/** Redeems a code at the token endpoint. */
export function redeem(cognito: LocalCognito, code: string, fields: Record<string, string> = {}): Promise<Response> {
  return postForm(cognito, "/oauth2/token", { grant_type: "authorization_code", code, redirect_uri: REDIRECT_URI, ...fields });
}

/** The members of a JSON answer, as text. */
export async function membersOf(answer: Response): Promise<Record<string, string>> {
  return (await answer.json()) as Record<string, string>;
}
