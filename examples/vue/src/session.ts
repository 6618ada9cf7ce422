import { createSessionClient } from "cognito-bff-client";

/** One for the page: the components and <session-guard> share it. */
export const client = createSessionClient();
