import { type Fields, listOf } from '../fields.ts';

/** Whether a job's status has the condition, with this value. */
export function hasCondition(status: Fields | null | undefined, type: string, value = 'True'): boolean {
  return listOf(status?.['conditions']).some((c) => c['type'] === type && c['status'] === value);
}
