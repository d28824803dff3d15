// Which tolerations make others needless (kubernetes pkg/util/tolerations).
import { isDeepStrictEqual } from 'node:util';
import type { Toleration } from './pod-spec.ts';

/** True when whatever `other` tolerates, `toleration` does. */
export function isSuperset(toleration: Toleration, other: Toleration): boolean {
  if (isDeepStrictEqual(toleration, other)) return true;
  const { key = '', effect = '', operator = '', value = '', tolerationSeconds } = toleration;
  if ((other.key ?? '') !== key && (key !== '' || operator !== 'Exists')) return false;
  if ((other.effect ?? '') !== effect && effect !== '') return false;
  if (effect === 'NoExecute' && tolerationSeconds !== undefined) {
    if (other.tolerationSeconds === undefined || other.tolerationSeconds > tolerationSeconds) return false;
  }
  if (operator === 'Exists') return true;
  return (operator === 'Equal' || operator === '') && other.operator === 'Equal' && (other.value ?? '') === value;
}

/** Both lists without those that another one covers. */
export function mergeTolerations(first: readonly Toleration[], second: readonly Toleration[]): Toleration[] {
  const all = [...first, ...second];
  const merged: Toleration[] = [];
  for (const [index, toleration] of all.entries()) {
    if (merged.some((kept) => isSuperset(kept, toleration))) continue;
    const later = all.slice(index + 1);
    if (later.some((other) => !isDeepStrictEqual(other, toleration) && isSuperset(other, toleration))) continue;
    merged.push(toleration);
  }
  return merged;
}

/** True when each toleration is covered by one of the list; an empty list allows all. */
export function areWithin(tolerations: readonly Toleration[], allowed: readonly Toleration[]): boolean {
  return (
    allowed.length === 0 ||
    tolerations.every((toleration) => allowed.some((candidate) => isSuperset(candidate, toleration)))
  );
}
