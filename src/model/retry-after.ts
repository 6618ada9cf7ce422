/** How long after each failure in the background what has to be written or revoked somewhere is tried again. */
export const RETRY_AFTER_MS = [1_000, 5_000, 30_000, 120_000, 600_000] as const;
