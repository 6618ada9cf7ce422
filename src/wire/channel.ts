/** How pages and windows of one browser tell each other what they have learned. */

/** The name of the BroadcastChannel. */
export const CHANNEL_NAME = "cognito-bff";

/**
 * What goes over it. Either is a reason to ask the server, and no more: what it says is the same for every page.
 *
 * - `signed-in`: a sign-in in a window of its own has come to its end, and there is a session now.
 * - `changed`: a page has learned that the session has ended, or that there is another one.
 */
export type ChannelMessage = { readonly type: "signed-in" | "changed" };

export const SIGNED_IN_MESSAGE: ChannelMessage = { type: "signed-in" };
export const CHANGED_MESSAGE: ChannelMessage = { type: "changed" };
