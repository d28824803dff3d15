// Field paths as errors write them, `spec.containers[0].ports[1].name` and `metadata.labels[app.example/x]`, to change a document by.
import type { Document } from './corpus.ts';

/** The steps of a field path; a number is a position in a list. */
export function parsePath(path: string): (string | number)[] {
  return [...path.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)].map(([, key, name]) => {
    if (name !== undefined) return name;
    return /^\d+$/.test(key!) ? Number(key) : key!;
  });
}

function descend(at: unknown, steps: readonly (string | number)[], make: boolean): Record<string | number, unknown> {
  let here = at as Record<string | number, unknown>;
  for (const [i, step] of steps.entries()) {
    if (make) here[step] ??= typeof steps[i + 1] === 'number' ? [] : {};
    here = here[step] as Record<string | number, unknown>;
    if (here === undefined) throw new Error(`nothing at ${steps.slice(0, i + 1).join('.')}`);
  }
  return here;
}

/** A copy of `document` without what is at the paths of `drop` and with the values of `set`. Throws where a path leads nowhere. */
export function edited(document: Document, set: Record<string, unknown> = {}, drop: readonly string[] = []): Document {
  const copy = structuredClone(document);
  for (const path of drop) {
    const steps = parsePath(path);
    const parent = descend(copy, steps.slice(0, -1), false);
    const last = steps.at(-1)!;
    if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else delete parent[last];
  }
  for (const [path, value] of Object.entries(set)) {
    const steps = parsePath(path);
    descend(copy, steps.slice(0, -1), true)[steps.at(-1)!] = structuredClone(value);
  }
  return copy;
}
