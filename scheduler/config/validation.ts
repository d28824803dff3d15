// What is wrong with a configuration, in upstream's words (pkg/scheduler/apis/config/validation/validation.go).
import { duplicate, type FieldError, fieldErrorMessage, invalid, required } from '../../apimachinery/field.ts';
import { isQualifiedName } from '../../apimachinery/names.ts';
import { semanticEqual } from '../../apimachinery/semantic-equal.ts';
import { isExtendedResourceName } from '../framework/resources.ts';
import type {
  ExtenderConfiguration,
  LeaderElectionConfiguration,
  ProfileConfiguration,
  SchedulerConfiguration,
} from './types.ts';
import { validatePluginArgs } from './validation-plugin-args.ts';

const removedPlugins = ['AzureDiskLimits', 'CinderLimits', 'EBSLimits', 'GCEPDLimits'];
const apiVersion = 'kubescheduler.config.k8s.io/v1';

function percentage(field: string, value: number | undefined): FieldError[] {
  return value !== undefined && (value < 0 || value > 100) ? [invalid(field, value, 'not in valid range [0-100]')] : [];
}

function removed(field: string, name: string): FieldError[] {
  if (!removedPlugins.includes(name)) return [];
  return [
    invalid(
      field,
      name,
      `was invalid in version "${apiVersion}" (KubeSchedulerConfiguration is version "${apiVersion}")`,
    ),
  ];
}

function leaderElection(config: LeaderElectionConfiguration): FieldError[] {
  const field = (name: string) => `leaderElection.${name}`;
  if (!config.leaderElect) return [];
  const errors: FieldError[] = [];
  const seconds = (ms: number) => `${ms / 1000}s`;
  if (config.leaseDurationMs <= 0)
    errors.push(invalid(field('leaseDuration'), seconds(config.leaseDurationMs), 'must be greater than zero'));
  if (config.renewDeadlineMs <= 0)
    errors.push(invalid(field('renewDeadline'), seconds(config.renewDeadlineMs), 'must be greater than zero'));
  if (config.retryPeriodMs <= 0)
    errors.push(invalid(field('retryPeriod'), seconds(config.retryPeriodMs), 'must be greater than zero'));
  if (config.leaseDurationMs < config.renewDeadlineMs)
    errors.push(
      invalid(
        field('leaseDuration'),
        seconds(config.renewDeadlineMs),
        'LeaseDuration must be greater than RenewDeadline',
      ),
    );
  if (config.resourceLock !== 'leases')
    errors.push(invalid(field('resourceLock'), config.resourceLock, 'resourceLock value must be "leases"'));
  return errors;
}

/** `raw`: as it was written, for what defaults hide. */
function profile(config: ProfileConfiguration, raw: unknown, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (config.schedulerName === '') errors.push(required(`${field}.schedulerName`));
  errors.push(...percentage(`${field}.percentageOfNodesToScore`, config.percentageOfNodesToScore));
  for (const [point, { enabled }] of Object.entries(config.plugins))
    enabled.forEach(({ name }, i) => {
      errors.push(...removed(`${field}.plugins.${point}.enabled[${i}]`, name));
    });
  const seen = new Set<string>();
  const pluginConfig = (raw as { pluginConfig?: { name: string }[] } | null)?.pluginConfig ?? [];
  pluginConfig.forEach(({ name }, i) => {
    const at = `${field}.pluginConfig[${i}]`;
    if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    errors.push(...removed(at, name), ...validatePluginArgs(name, config.args, `${at}.args`));
  });
  return errors;
}

function profiles({ profiles: all }: SchedulerConfiguration, raw: readonly unknown[]): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Map<string, number>();
  all.forEach((config, i) => {
    errors.push(...profile(config, raw[i], `profiles[${i}]`));
    const before = seen.get(config.schedulerName);
    if (before !== undefined)
      errors.push(duplicate(`profiles[${i}].schedulerName`, `profiles[${before}].schedulerName`));
    seen.set(config.schedulerName, i);
    if (i > 0 && !semanticEqual(config.plugins['queueSort'], all[0]!.plugins['queueSort']))
      errors.push(
        invalid(`profiles[${i}].plugins.queueSort`, config.plugins['queueSort'], 'must be the same for all profiles'),
      );
  });
  const sorts = all[0]?.plugins['queueSort']?.enabled.length ?? 0;
  if (sorts > 1)
    errors.push(invalid('profiles[0].plugins.queueSort.Enabled', sorts, 'only one queue sort plugin can be enabled'));
  return errors;
}

function extenders(all: readonly ExtenderConfiguration[]): FieldError[] {
  const errors: FieldError[] = [];
  const managed = new Set<string>();
  all.forEach(({ prioritizeVerb, weight, managedResources }, i) => {
    if (prioritizeVerb !== '' && weight <= 0)
      errors.push(invalid(`extenders[${i}].weight`, weight, 'must have a positive weight applied to it'));
    managedResources.forEach(({ name }, j) => {
      const field = `extenders[${i}].managedResources[${j}].name`;
      const messages = isQualifiedName(name);
      if (messages.length > 0) errors.push(...messages.map((message) => invalid(field, name, message)));
      else if (!isExtendedResourceName(name)) errors.push(invalid(field, name, 'is an invalid extended resource name'));
      if (managed.has(name)) errors.push(invalid(field, name, 'duplicate extender managed resource name'));
      managed.add(name);
    });
  });
  const binders = all.filter(({ bindVerb }) => bindVerb !== '').length;
  if (binders > 1)
    errors.push(
      invalid('extenders', `found ${binders} extenders implementing bind`, 'only one extender can implement bind'),
    );
  return errors;
}

/** All that is wrong. `rawProfiles`: the profiles as they were written. */
export function validateConfiguration(config: SchedulerConfiguration, rawProfiles: readonly unknown[]): string[] {
  const { parallelism, podInitialBackoffSeconds: initial, podMaxBackoffSeconds: max } = config;
  const errors = leaderElection(config.leaderElection);
  if (parallelism <= 0)
    errors.push(invalid('parallelism', parallelism, 'should be an integer value greater than zero'));
  errors.push(...profiles(config, rawProfiles));
  errors.push(...percentage('percentageOfNodesToScore', config.percentageOfNodesToScore));
  if (initial <= 0) errors.push(invalid('podInitialBackoffSeconds', initial, 'must be greater than 0'));
  if (max < initial)
    errors.push(invalid('podMaxBackoffSeconds', max, 'must be greater than or equal to PodInitialBackoffSeconds'));
  errors.push(...extenders(config.extenders));
  return errors.map(fieldErrorMessage);
}
