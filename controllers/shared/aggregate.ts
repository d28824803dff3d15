// Several failures as one (apimachinery pkg/util/errors).

/** What failed, in words; of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** One error of several, worded as utilerrors.NewAggregate: a single one stands for itself, repeated messages are said once. Undefined for none. */
export function aggregate(errors: readonly unknown[]): unknown {
  if (errors.length <= 1) return errors[0];
  const messages = [...new Set(errors.map(messageOf))];
  return new AggregateError(errors, messages.length === 1 ? messages[0] : `[${messages.join(', ')}]`);
}

/** Runs a task for each item at once; resolves when all have ended, with what failed. */
export async function failuresOf<T>(items: Iterable<T>, task: (item: T) => Promise<unknown>): Promise<unknown[]> {
  const settled = await Promise.allSettled(Array.from(items, task));
  return settled.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
}
