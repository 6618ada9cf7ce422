/** How pages and windows of one browser tell each other what they have learned. */

/** The name of the BroadcastChannel. */
export const CHANNEL_NAME = "cognito-bff";

/** What goes over it. */
export type ChannelMessage = {
  /** A sign-in in a window of its own has come to its end, and there is a session now. */
  readonly type: "signed-in";
};

export const SIGNED_IN_MESSAGE: ChannelMessage = { type: "signed-in" };
