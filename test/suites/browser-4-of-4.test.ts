import { runShare } from "../support/share.js";

await runShare(import.meta.url);
