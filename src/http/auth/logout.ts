import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ManagedLogin } from "../../cognito/managed-login.js";
import { type Clock, sleep } from "../../model/clock.js";
import { describeError } from "../../model/log.js";
import type { Session } from "../../model/session.js";
import type { SessionLifecycle } from "../../session/session-lifecycle.js";
import type { SignOut } from "../../session/sign-out.js";
import { LOGOUT_EVERYWHERE } from "../../wire/paths.js";
import type { LogoutDocument } from "../../wire/shapes.js";
import type { LoginCookies } from "../login/login-cookies.js";
import { isNavigation } from "../problem/navigation.js";
import { visitOf } from "../problem/request-state.js";
import { AUTH_ROUTES, registrationOf } from "./auth-route-table.js";

/** How long a sign-out waits for Cognito before it answers; revoking goes on in the background. */
export const SIGN_OUT_WAIT_MS = 2_000;

/** What leaving takes. */
export interface LeaveOptions {
  readonly clock: Clock;
  readonly logins: Pick<LoginCookies, "demandNew">;
  readonly managedLogin: Pick<ManagedLogin, "logoutUrl"> | null;
  readonly signOut: SignOut;
}

export interface LogoutRouteOptions extends LeaveOptions {
  readonly lifecycle: Pick<SessionLifecycle, "endUnseen">;
}

const logoutUrlOf = ({ managedLogin }: LeaveOptions) => managedLogin?.logoutUrl() ?? "/";

/** Ends the session that a request came with, here and at Cognito. */
export async function leave(
  session: Session,
  everywhere: boolean,
  request: FastifyRequest,
  reply: FastifyReply,
  options: LeaveOptions,
): Promise<LogoutDocument> {
  const { clock, logins, signOut } = options;
  for (const value of logins.demandNew(request.headers.cookie, session)) reply.header("set-cookie", value);
  const signedOut = everywhere ? signOut.everywhere(session) : signOut.here(session);
  // The promise goes on after the answer; it never rejects for what Cognito says.
  signedOut.catch((error: unknown) => request.log.error({ error: describeError(error) }, "signing out failed unexpectedly"));
  const result = await Promise.race([signedOut, sleep(clock, SIGN_OUT_WAIT_MS).then(() => "pending" as const)]);
  return { logout_url: logoutUrlOf(options), ...(everywhere ? { everywhere: result } : {}) };
}

/** `POST /logout`: ends the session here and at Cognito. Cross-site checks and cookies are the scope's. */
export function logoutRoute(app: FastifyInstance, options: LogoutRouteOptions): void {
  const logoutUrl = logoutUrlOf(options);
  async function handler(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const visit = visitOf(request);
    const { reading } = visit;
    const everywhere = wantsEverywhere(request.body);
    if (reading.kind === "invalid" || reading.kind === "foreign") {
      // Kept on every other answer, since it may be the server that is wrong; but this person asks to leave.
      request.log.warn(
        { reading: reading.kind },
        "signed out in the browser alone: the session could not be opened, so nothing was revoked",
      );
      visit.replacement = { kind: "nothing" };
    }
    if (reading.kind === "unavailable" || reading.kind === "gone") {
      // A record that is lost may come back, with a store's replica or its backup.
      options.lifecycle.endUnseen((reading.kind === "unavailable" && reading.carried) || reading.id, {
        reason: "signed_out",
        cause: "logout",
      });
      // Whose it is, and so who has others, nobody can say.
      return answerLogout(request, reply, { logout_url: logoutUrl, ...(everywhere ? { everywhere: "failed" } : {}) });
    }
    if (reading.kind === "session") return answerLogout(request, reply, await leave(reading.session, everywhere, request, reply, options));
    return answerLogout(request, reply, { logout_url: logoutUrl });
  }

  app.route({ ...registrationOf(AUTH_ROUTES.logout), handler });
}

function answerLogout(request: FastifyRequest, reply: FastifyReply, document: LogoutDocument): FastifyReply {
  const contentType = request.headers["content-type"] ?? "";
  const isForm =
    isNavigation(request.method, request.headers) ||
    (!sentByScript(request) && contentType.startsWith("application/x-www-form-urlencoded"));
  return isForm ? reply.redirect(document.logout_url, 303) : reply.send(document);
}

function sentByScript({ headers }: FastifyRequest): boolean {
  const mode = headers["sec-fetch-mode"];
  return (mode !== undefined && mode !== "navigate") || /\bjson\b/.test(headers.accept ?? "");
}

function wantsEverywhere(body: unknown): boolean {
  if (typeof body !== "object" || body === null) return false;
  const { [LOGOUT_EVERYWHERE]: everywhere } = body as { [LOGOUT_EVERYWHERE]?: unknown };
  return everywhere === true || everywhere === "true";
}
