// Conditions of a pod's status (pkg/api/v1/pod UpdatePodCondition).
import { type Fields, listOf } from '../fields.ts';

interface PodCondition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
}

/**
 * Adds the condition to `status`, or replaces the one of its type: the transition time is `timestamp` unless the
 * condition's status stays the same. In place.
 */
export function updatePodCondition(status: Fields, condition: PodCondition, timestamp: string): void {
  const conditions = listOf(status['conditions']);
  const present = conditions.find((c) => c['type'] === condition.type);
  const lastTransitionTime =
    present?.['status'] === condition.status ? (present['lastTransitionTime'] ?? timestamp) : timestamp;
  const made: Fields = { lastProbeTime: null, lastTransitionTime };
  if (condition.message !== undefined) made['message'] = condition.message;
  if (condition.reason !== undefined) made['reason'] = condition.reason;
  made['status'] = condition.status;
  made['type'] = condition.type;
  status['conditions'] =
    present === undefined ? [...conditions, made] : conditions.map((c) => (c === present ? made : c));
}

/** True when the pod's condition of this type is "True". */
export function isPodConditionTrue(pod: Fields, type: string): boolean {
  return listOf(pod['status']?.conditions).some((c) => c['type'] === type && c['status'] === 'True');
}
