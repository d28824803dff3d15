// How code that knows a kind reaches into its objects.

/** The fields of an API type: known to its schema, not to the type system. Absent and null mean the same. */
export interface Fields {
  // biome-ignore lint/suspicious/noExplicitAny: see above; every use checks or defaults what it reads.
  [field: string]: any;
}

/** The list, or an empty one. */
export function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? (value as Fields[]) : [];
}
