export { createSession, type SessionPlugin, type SessionPluginOptions, type UseSessionResult, useSession } from "./session.js";
