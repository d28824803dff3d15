// How Go prints lists and errors in the messages that clients read.

/** fmt's %q of a []string: `["a" "b"]`. */
export function printList(list: readonly string[]): string {
  return `[${list.map((item) => JSON.stringify(item)).join(' ')}]`;
}

/** k8s.io/apimachinery's errors.Aggregate: one as it is, several in brackets, each once. */
export function aggregate(errors: readonly string[]): string {
  const distinct = [...new Set(errors)];
  return distinct.length === 1 ? distinct[0]! : `[${distinct.join(', ')}]`;
}
