/** Something that was created, or may have been, and how it goes away again. */
export interface Undo {
  /** `app client NAME`. */
  readonly what: string;
  run(): Promise<void>;
}

export interface Undone {
  readonly what: string;
  /** Null: it is gone. */
  readonly problem: string | null;
}

/** Takes everything back, newest first. A step that fails keeps none of the others. */
export async function undoAll(undos: readonly Undo[]): Promise<readonly Undone[]> {
  const done: Undone[] = [];
  for (const { what, run } of undos.toReversed())
    done.push({
      what,
      problem: await run().then(
        () => null,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      ),
    });
  return done;
}
