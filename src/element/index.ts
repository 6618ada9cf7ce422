import { defineSessionGuard } from "./session-guard.js";

export type { SessionGuard } from "./session-guard.js";
export type { Act, Message, MessageName, NoteName, OwnWords, Words } from "./words.js";

defineSessionGuard();
