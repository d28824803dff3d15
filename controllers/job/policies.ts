// What a failed Pod means by the Job's podFailurePolicy, and whether the succeeded indexes are enough by its successPolicy
// (pkg/controller/job/pod_failure_policy.go, success_policy.go).
import type { Job, Pod } from '../../client/kinds.ts';
import { countCommon, countIndexes, type Intervals, parseIndexes } from './indexes.ts';

export type JobSpec = NonNullable<Job['spec']>;
type FailurePolicy = NonNullable<JobSpec['podFailurePolicy']>;
type FailureRule = FailurePolicy['rules'][number];
type PodStatus = NonNullable<Pod['status']>;
type ContainerStatus = NonNullable<PodStatus['containerStatuses']>[number];

export interface FailureVerdict {
  /** Whether it counts towards the backoff limits. */
  counts: boolean;
  /** What the rule that matched says; undefined where none does. */
  action?: string;
  /** Why the job fails; only of FailJob. */
  message?: string;
}

/** The first rule that matches decides; a failure that no rule matches counts. */
export function judgeFailure(policy: FailurePolicy | undefined, pod: Pod): FailureVerdict {
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const what = matchedBy(rule, pod);
    if (what === undefined) continue;
    const { action } = rule;
    if (action === 'Ignore') return { counts: false, action };
    if (action === 'FailIndex' || action === 'Count') return { counts: true, action };
    if (action === 'FailJob')
      return { counts: true, action, message: `${what} matching ${action} rule at index ${index}` };
  }
  return { counts: true };
}

/** What about the Pod the rule matches, in words. */
function matchedBy({ onExitCodes, onPodConditions }: FailureRule, { metadata, status = {} }: Pod): string | undefined {
  const pod = `${metadata.namespace}/${metadata.name}`;
  if (onExitCodes) {
    const statuses = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
    const container = statuses.find((state) => exitCodeMatches(state, onExitCodes));
    if (container === undefined) return undefined;
    return `Container ${container.name} for pod ${pod} failed with exit code ${container.state?.terminated?.exitCode}`;
  }
  const condition = (status.conditions ?? []).find(({ type, status }) =>
    (onPodConditions ?? []).some((pattern) => pattern.type === type && pattern.status === status),
  );
  return condition === undefined ? undefined : `Pod ${pod} has condition ${condition.type}`;
}

function exitCodeMatches(
  { name, state }: ContainerStatus,
  { containerName, operator, values }: NonNullable<FailureRule['onExitCodes']>,
): boolean {
  const exitCode = state?.terminated?.exitCode;
  if (exitCode === undefined || exitCode === 0) return false;
  if (containerName != null && containerName !== name) return false;
  return operator === 'In' ? values.includes(exitCode) : operator === 'NotIn' && !values.includes(exitCode);
}

/** Which rule of the success policy is met, in words; undefined where none is. */
export function metSuccessRule({ successPolicy, completions = 0 }: JobSpec, succeeded: Intervals): string | undefined {
  if (!successPolicy || succeeded.length === 0) return undefined;
  const total = countIndexes(succeeded);
  const met = successPolicy.rules.findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes == null) return succeededCount != null && total >= succeededCount;
    const required = parseIndexes(succeededIndexes, completions);
    if (required.length === 0) return false;
    const common = countCommon(required, succeeded);
    return common === countIndexes(required) || (succeededCount != null && common >= succeededCount);
  });
  return met < 0 ? undefined : `Matched rules at index ${met}`;
}
