import type { FastifyReply } from "fastify";
import { CHANNEL_NAME, SIGNED_IN_MESSAGE } from "../../wire/channel.js";
import { escapeHtml, pageHeaders, renderPage } from "./html.js";

/** Pages on the way, which nobody has to read for long. */

// `window.opener` is gone: Cognito's pages send Cross-Origin-Opener-Policy.
const POPUP_SCRIPT = `try{const c=new BroadcastChannel(${JSON.stringify(CHANNEL_NAME)});c.postMessage(${JSON.stringify(SIGNED_IN_MESSAGE)});c.close()}catch{}window.close()`;

const SIGNED_IN = "You are signed in";

/** Tells the page that opened this window, and closes it. */
export function sendPopupPage(reply: FastifyReply): FastifyReply {
  const body = `<h1>${SIGNED_IN}</h1><p>You can close this window.</p>`;
  return reply.headers(pageHeaders(POPUP_SCRIPT)).send(renderPage({ title: SIGNED_IN, body, script: POPUP_SCRIPT }));
}

/** Moves on after a sign-in to a path behind the session. */
export function sendOnwardPage(reply: FastifyReply, path: string): FastifyReply {
  return reply.headers(pageHeaders()).send(onwardPage({ title: SIGNED_IN, says: "Taking you back.", path }));
}

/** Leaves it to the person to go on to a path. */
export function sendSignedInPage(reply: FastifyReply, path: string): FastifyReply {
  const body = `<h1>${SIGNED_IN}</h1><div class="actions"><a class="button" href="${escapeHtml(path)}">Go on</a></div>`;
  return reply.headers(pageHeaders()).send(renderPage({ title: SIGNED_IN, body }));
}

/** A page that moves on to a path of this origin by itself: what it asks for is same-site, whatever led here. */
export function onwardPage({ title, says, path }: { readonly title: string; readonly says: string; readonly path: string }): string {
  const href = escapeHtml(path);
  const body = `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(says)} <a href="${href}">Go on</a></p>`;
  return renderPage({ title, body, head: `<meta http-equiv="refresh" content="0;url=${href}">` });
}
