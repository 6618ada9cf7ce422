export { type SessionReadable, type SessionStore, sessionStore } from "./session-store.js";
