// What a plugin answers (staging k8s.io/kube-scheduler/framework/interface.go Status). Success is `undefined`, so that the many
// thousand answers of a cycle cost nothing; a plugin makes the others once and gives them again and again.

export type Code = 'Error' | 'Unschedulable' | 'UnschedulableAndUnresolvable' | 'Wait' | 'Skip' | 'Pending';

export class Status {
  readonly code: Code;
  /** Of whom it is; '' where the scheduler itself says it. */
  readonly plugin: string;
  readonly reasons: readonly string[];
  /** What went wrong, where the code is Error, or why a pod fits nowhere. */
  readonly error: Error | undefined;

  constructor(code: Code, plugin: string, reasons: readonly string[] = [], error?: Error) {
    this.code = code;
    this.plugin = plugin;
    this.reasons = reasons;
    this.error = error;
  }

  /** The reasons as one text; an error's own words where there are no others. */
  get message(): string {
    return this.reasons.length > 0 ? this.reasons.join(', ') : (this.error?.message ?? '');
  }

  /** The pod cannot be scheduled as things are, which is nobody's failure. */
  get rejected(): boolean {
    return this.code === 'Unschedulable' || this.code === 'UnschedulableAndUnresolvable' || this.code === 'Pending';
  }
}

/** Evicting pods may help. */
export function unschedulable(plugin: string, ...reasons: string[]): Status {
  return new Status('Unschedulable', plugin, reasons);
}

/** Evicting pods does not help. */
export function unresolvable(plugin: string, ...reasons: string[]): Status {
  return new Status('UnschedulableAndUnresolvable', plugin, reasons);
}

/** The plugin has nothing to say about this pod; only from PreFilter, PreScore and Bind. */
export function skip(plugin: string): Status {
  return new Status('Skip', plugin);
}

export function failure(plugin: string, error: unknown): Status {
  const cause = error instanceof Error ? error : new Error(String(error));
  return new Status('Error', plugin, [cause.message], cause);
}
