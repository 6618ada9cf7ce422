/** How sockets are closed (RFC 6455 section 7.4), beside what the API says itself. */

/** Private use (RFC 6455 section 7.4.2): the session has ended, with the HTTP status in its name. The reason is ours: `expired user_disabled`. */
export const SESSION_ENDED_CODE = 4401;

/** The IANA registry of WebSocket close codes: the service is restarting, connect again. Also where the session store is away for longer than the token lived: connecting again says what is so. */
export const SERVICE_RESTART_CODE = 1012;
