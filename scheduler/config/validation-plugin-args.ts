// What is wrong with arguments of plugins (pkg/scheduler/apis/config/validation/validation_pluginargs.go).
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from '../../apimachinery/field.ts';
import { validateLabelName } from '../../apimachinery/validation.ts';
import type {
  DefaultPreemptionArgs,
  InterPodAffinityArgs,
  NodeResourcesBalancedAllocationArgs,
  NodeResourcesFitArgs,
  PluginArgs,
  PodTopologySpreadArgs,
  ResourceSpec,
  UtilizationShapePoint,
  VolumeBindingArgs,
} from './plugin-args.ts';

function defaultPreemption(args: DefaultPreemptionArgs, field: string): FieldError[] {
  const { minCandidateNodesPercentage: percentage, minCandidateNodesAbsolute: absolute } = args;
  const errors: FieldError[] = [];
  const percentageField = `${field}.minCandidateNodesPercentage`;
  const absoluteField = `${field}.minCandidateNodesAbsolute`;
  if (percentage < 0 || percentage > 100)
    errors.push(invalid(percentageField, percentage, 'not in valid range [0, 100]'));
  if (absolute < 0) errors.push(invalid(absoluteField, absolute, 'not in valid range [0, inf)'));
  if (percentage === 0 && absolute === 0) {
    errors.push(invalid(percentageField, 0, 'cannot be zero at the same time as minCandidateNodesAbsolute'));
    errors.push(invalid(absoluteField, 0, 'cannot be zero at the same time as minCandidateNodesPercentage'));
  }
  return errors;
}

function interPodAffinity({ hardPodAffinityWeight: weight }: InterPodAffinityArgs, field: string): FieldError[] {
  if (weight >= 0 && weight <= 100) return [];
  return [invalid(`${field}.hardPodAffinityWeight`, weight, 'not in valid range [0, 100]')];
}

function podTopologySpread({ defaultingType, defaultConstraints }: PodTopologySpreadArgs, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const typeField = `${field}.defaultingType`;
  if (defaultingType !== 'System' && defaultingType !== 'List')
    errors.push(notSupported(typeField, defaultingType, ['System', 'List']));
  else if (defaultingType === 'System' && defaultConstraints.length > 0)
    errors.push(invalid(typeField, defaultingType, 'when .defaultConstraints are not empty'));
  defaultConstraints.forEach((constraint, i) => {
    const at = `${field}.defaultConstraints[${i}]`;
    const { maxSkew, topologyKey, whenUnsatisfiable, labelSelector } = constraint;
    if (!(maxSkew > 0)) errors.push(invalid(`${at}.maxSkew`, maxSkew ?? 0, 'not in valid range (0, inf)'));
    if (!topologyKey) errors.push(required(`${at}.topologyKey`, 'can not be empty'));
    else errors.push(...validateLabelName(topologyKey, `${at}.topologyKey`));
    if (!whenUnsatisfiable) errors.push(required(`${at}.whenUnsatisfiable`, 'can not be empty'));
    else if (whenUnsatisfiable !== 'DoNotSchedule' && whenUnsatisfiable !== 'ScheduleAnyway')
      errors.push(notSupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']));
    if (labelSelector !== undefined)
      errors.push(
        forbidden(`${at}.labelSelector`, 'constraint must not define a selector, as they deduced for each pod'),
      );
    const repeated = defaultConstraints
      .slice(0, i)
      .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
    if (repeated) errors.push(duplicate(at, `{${topologyKey}, ${whenUnsatisfiable}}`));
  });
  return errors;
}

function shape(points: readonly UtilizationShapePoint[], field: string): FieldError[] {
  if (points.length === 0) return [required(field, 'at least one point must be specified')];
  const errors: FieldError[] = [];
  const unsorted = points.findIndex(({ utilization }, i) => i > 0 && points[i - 1]!.utilization >= utilization);
  if (unsorted > 0)
    errors.push(
      invalid(
        `${field}[${unsorted}].utilization`,
        points[unsorted]!.utilization,
        'values must be sorted in increasing order',
      ),
    );
  points.forEach(({ utilization, score }, i) => {
    if (utilization < 0 || utilization > 100)
      errors.push(invalid(`${field}[${i}].utilization`, utilization, 'not in valid range [0, 100]'));
    if (score < 0 || score > 10) errors.push(invalid(`${field}[${i}].score`, score, 'not in valid range [0, 10]'));
  });
  return errors;
}

function weights(resources: readonly ResourceSpec[], field: string): FieldError[] {
  return resources.flatMap(({ name, weight }, i) =>
    weight > 0 && weight <= 100
      ? []
      : [invalid(`${field}[${i}].weight`, weight, `resource weight of ${name} not in valid range (0, 100]`)],
  );
}

const strategyTypes = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'];

function nodeResourcesFit(
  { ignoredResources, ignoredResourceGroups, scoringStrategy }: NodeResourcesFitArgs,
  field: string,
): FieldError[] {
  const errors: FieldError[] = ignoredResources.flatMap((name, i) =>
    validateLabelName(name, `${field}.ignoredResources[${i}]`),
  );
  ignoredResourceGroups.forEach((name, i) => {
    const at = `${field}.ignoredResourceGroups[${i}]`;
    if (name.includes('/')) errors.push(invalid(at, name, "resource group name can't contain '/'"));
    errors.push(...validateLabelName(name, at));
  });
  const { type, resources, requestedToCapacityRatio } = scoringStrategy;
  if (!strategyTypes.includes(type)) errors.push(notSupported(`${field}.scoringStrategy.type`, type, strategyTypes));
  errors.push(...weights(resources, `${field}.scoringStrategy.resources`));
  const ratioField = `${field}.scoringStrategy.requestedToCapacityRatio`;
  const byRatio = type === 'RequestedToCapacityRatio';
  if (byRatio && requestedToCapacityRatio === undefined)
    errors.push(required(ratioField, 'must be specified when type is RequestedToCapacityRatio'));
  else if (byRatio) errors.push(...shape(requestedToCapacityRatio?.shape ?? [], `${ratioField}.shape`));
  else if (requestedToCapacityRatio !== undefined)
    errors.push(forbidden(ratioField, 'must be nil when type is not RequestedToCapacityRatio'));
  return errors;
}

function balancedAllocation({ resources }: NodeResourcesBalancedAllocationArgs, field: string): FieldError[] {
  const seen = new Set<string>();
  return resources.flatMap(({ name, weight }, i) => {
    const errors: FieldError[] = [];
    if (seen.has(name)) errors.push(duplicate(`${field}.resources[${i}].name`, name));
    seen.add(name);
    if (weight !== 1) errors.push(invalid(`${field}.resources[${i}].weight`, weight, 'must be 1'));
    return errors;
  });
}

function volumeBinding({ bindTimeoutSeconds }: VolumeBindingArgs, field: string): FieldError[] {
  if (bindTimeoutSeconds >= 0) return [];
  const detail = 'invalid BindTimeoutSeconds, should not be a negative value';
  return [invalid(`${field}.bindTimeoutSeconds`, bindTimeoutSeconds, detail)];
}

const rules: { [Name in keyof PluginArgs]?: (args: PluginArgs[Name], field: string) => FieldError[] } = {
  DefaultPreemption: defaultPreemption,
  InterPodAffinity: interPodAffinity,
  NodeResourcesBalancedAllocation: balancedAllocation,
  NodeResourcesFit: nodeResourcesFit,
  PodTopologySpread: podTopologySpread,
  VolumeBinding: volumeBinding,
};

/** What is wrong with the arguments of one plugin; nothing for one that has none. */
export function validatePluginArgs(name: string, args: PluginArgs, field: string): FieldError[] {
  const rule = rules[name as keyof PluginArgs] as ((args: unknown, field: string) => FieldError[]) | undefined;
  return rule?.(args[name as keyof PluginArgs], field) ?? [];
}
