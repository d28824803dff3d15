// One signal of two. AbortSignal.any does the same with weak references, which cost 20 µs for each request; here the caller says when the
// signal is no longer needed.

export interface LinkedSignal {
  /** Aborted with the reason of the first of the two that is. */
  signal: AbortSignal;
  /** The two no longer know of this one. Idempotent. */
  release(): void;
}

export function linkSignals(first: AbortSignal, second: AbortSignal): LinkedSignal {
  const linked = new AbortController();
  const release = () => {
    first.removeEventListener('abort', abort);
    second.removeEventListener('abort', abort);
  };
  const abort = () => {
    release();
    linked.abort(first.aborted ? first.reason : second.reason);
  };
  if (first.aborted || second.aborted) abort();
  else {
    first.addEventListener('abort', abort);
    second.addEventListener('abort', abort);
  }
  return { signal: linked.signal, release };
}
