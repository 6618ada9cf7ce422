import { startReplica } from "./replica.js";

// A replica in a process of its own, forked by a test.
await startReplica(process.env, []);
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
