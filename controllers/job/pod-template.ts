// The Pods of a Job, as they are made (pkg/controller/job/indexed_job_utils.go).
import type { Job, Pod } from '../../client/kinds.ts';
import type { PodTemplateSpec } from '../shared/pod-template.ts';
import { indexAnnotation } from './indexes.ts';
import { countOf, failureCountAnnotation, ignoredFailureCountAnnotation, trackingFinalizer } from './pods.ts';
import { type JobSpec, judgeFailure } from './policies.ts';

const indexEnvironmentName = 'JOB_COMPLETION_INDEX';
/** names.MaxGeneratedNameLength. */
const maxGeneratedNameLength = 63 - 5;

type Container = NonNullable<PodTemplateSpec['spec']>['containers'][number];

/** What all Pods of the job have in common: the finalizer, and where they are indexed the variable that holds their index. */
export function jobTemplate(spec: JobSpec): PodTemplateSpec {
  const { template } = spec;
  const finalizers = template.metadata?.finalizers ?? [];
  const metadata = {
    ...template.metadata,
    finalizers: finalizers.includes(trackingFinalizer) ? finalizers : [...finalizers, trackingFinalizer],
  };
  if (spec.completionMode !== 'Indexed' || template.spec === undefined) return { ...template, metadata };
  const { containers, initContainers } = template.spec;
  const indexed = {
    ...template.spec,
    containers: containers.map(withIndexVariable),
    ...(initContainers === undefined ? {} : { initContainers: initContainers.map(withIndexVariable) }),
  };
  return { ...template, metadata, spec: indexed };
}

function withIndexVariable(container: Container): Container {
  const { env = [] } = container;
  if (env.some(({ name }) => name === indexEnvironmentName)) return container;
  const fieldRef = { fieldPath: `metadata.labels['${indexAnnotation}']` };
  return { ...container, env: [...env, { name: indexEnvironmentName, valueFrom: { fieldRef } }] };
}

/** The template of the Pod of one index; `replaced` is the one that failed before it. */
export function templateOfIndex(
  template: PodTemplateSpec,
  { metadata: { name }, spec }: Job,
  index: number,
  replaced: Pod | undefined,
): PodTemplateSpec {
  const { labels, annotations } = template.metadata ?? {};
  const failures = spec?.backoffLimitPerIndex == null ? {} : failureAnnotations(spec, replaced);
  return {
    ...template,
    metadata: {
      ...template.metadata,
      labels: { ...labels, [indexAnnotation]: `${index}` },
      annotations: { ...annotations, [indexAnnotation]: `${index}`, ...failures },
    },
    spec: { ...template.spec!, hostname: `${name}-${index}` },
  };
}

/** How often the index has failed by now. */
function failureAnnotations({ podFailurePolicy }: JobSpec, replaced: Pod | undefined): Record<string, string> {
  if (replaced === undefined) return { [failureCountAnnotation]: '0' };
  const { counts } = judgeFailure(podFailurePolicy, replaced);
  const counted = countOf(replaced, failureCountAnnotation) + (counts ? 1 : 0);
  const ignored = countOf(replaced, ignoredFailureCountAnnotation) + (counts ? 0 : 1);
  return {
    [failureCountAnnotation]: `${counted}`,
    ...(ignored > 0 ? { [ignoredFailureCountAnnotation]: `${ignored}` } : {}),
  };
}

/** What the name of an index's Pod begins with: the job's name, cut where there is no room, and the index. */
export function generateNameOfIndex(jobName: string, index: number): string {
  const suffix = `-${index}-`;
  const prefix = jobName + suffix;
  return prefix.length > maxGeneratedNameLength
    ? jobName.slice(0, maxGeneratedNameLength - suffix.length) + suffix
    : prefix;
}
