"use client";

export { RequireSession, type RequireSessionProps } from "./require-session.js";
export { SessionProvider, type SessionProviderProps, type UseSessionResult, useSession } from "./session-provider.js";
