// What a ResourceSlice must be (pkg/apis/resource/validation).
import { type FieldError, invalid, required } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { validateImmutableField } from '../../../apimachinery/validation.ts';
import { checkNodeSelector } from '../core/scheduling-validation.ts';
import { type Fields, listOf } from '../fields.ts';
import { internalForm } from '../internal-form.ts';
import { validateSet } from './collections.ts';
import { validateCounters, validateDevice } from './device-validation.ts';
import { validateDriverName, validateLabelForm, validateNodeName, validatePoolName } from './names.ts';

const maxDevices = 128;
const maxDevicesWithAdvancedFeatures = 64;
const maxCounterSets = 8;

const internalNodeSelector = (selector: Fields): Fields =>
  internalForm(selector, 'io.k8s.api.core.v1.NodeSelector') as Fields;

function validatePool(
  { name = '', resourceSliceCount: count = 0, generation = 0 }: Fields,
  field: string,
): FieldError[] {
  const errors = validatePoolName(name, `${field}.name`);
  if (count <= 0) errors.push(invalid(`${field}.resourceSliceCount`, count, 'must be greater than zero'));
  if (generation < 0) errors.push(invalid(`${field}.generation`, generation, 'must be greater than or equal to zero'));
  return errors;
}

/** Exactly one way to say which nodes reach the devices. */
function validateNodeSelection(spec: Fields): FieldError[] {
  const rule = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';
  const { nodeName, nodeSelector } = spec;
  const errors: FieldError[] = [];
  const given: string[] = [];
  if (nodeName) {
    given.push('`nodeName`');
    errors.push(...validateNodeName(nodeName, 'spec.nodeName'));
  } else if (nodeName === '') {
    errors.push(invalid('spec.nodeName', nodeName, 'must be either unset or set to a non-empty string'));
  }
  if (nodeSelector) {
    given.push('`nodeSelector`');
    const terms = listOf(nodeSelector.nodeSelectorTerms);
    const field = 'spec.nodeSelector.nodeSelectorTerms';
    checkNodeSelector(nodeSelector, 'spec.nodeSelector', errors);
    if (terms.length !== 1)
      errors.push(
        invalid(
          field,
          internalNodeSelector(nodeSelector)['NodeSelectorTerms'],
          'must have exactly one node selector term',
        ),
      );
  }
  for (const part of ['allNodes', 'perDeviceNodeSelection']) {
    if (spec[part] === true) given.push(`\`${part}\``);
    else if (spec[part] === false) errors.push(invalid(`spec.${part}`, false, 'must be either unset or set to true'));
  }
  if (given.length === 0) errors.push(required('spec', rule));
  if (given.length > 1) errors.push(invalid('spec', `{${given.join(', ')}}`, `${rule}, but multiple fields are set`));
  return errors;
}

function hasListAttributes(device: Fields): boolean {
  return Object.values((device['attributes'] ?? {}) as Record<string, Fields>).some((attribute) =>
    ['bools', 'ints', 'strings', 'versions'].some((part) => attribute[part] !== undefined),
  );
}

/** Fewer devices fit where they have taints, counters or lists. */
function maxDevicesOf(devices: readonly Fields[]): number {
  const advanced = devices.some(
    (device) =>
      listOf(device['taints']).length > 0 || listOf(device['consumesCounters']).length > 0 || hasListAttributes(device),
  );
  return advanced ? maxDevicesWithAdvancedFeatures : maxDevices;
}

function validateCounterSet({ name = '', counters }: Fields, field: string): FieldError[] {
  return [
    ...(name === '' ? [required(`${field}.name`)] : validateLabelForm(name, `${field}.name`)),
    ...validateCounters(counters, `${field}.counters`),
  ];
}

/** ValidateResourceSlice and, with `old`, its update: pool, driver and node stay. */
export function validateSlice(object: KubeObject, old?: KubeObject): FieldError[] {
  const spec = (object['spec'] ?? {}) as Fields;
  const before = old === undefined ? undefined : ((old['spec'] ?? {}) as Fields);
  const devices = listOf(spec['devices']);
  const oldDevices = new Map(listOf(before?.['devices']).map((device) => [device['name'], device]));
  const perDevice = spec['perDeviceNodeSelection'] === true;
  const errors = [
    ...validateDriverName(spec['driver'] ?? '', 'spec.driver'),
    ...validatePool(spec['pool'] ?? {}, 'spec.pool'),
  ];
  if (before !== undefined)
    errors.push(
      ...validateImmutableField(spec['pool']?.name, before['pool']?.name, 'spec.pool.name'),
      ...validateImmutableField(spec['driver'], before['driver'], 'spec.driver'),
      ...validateImmutableField(spec['nodeName'], before['nodeName'], 'spec.nodeName'),
    );
  errors.push(...validateNodeSelection(spec));
  if (spec['sharedCounters'] !== undefined && spec['devices'] !== undefined)
    errors.push(invalid('spec', '', 'only one of `sharedCounters` or `devices` is allowed'));
  return [
    ...errors,
    ...validateSet(
      devices,
      maxDevicesOf(devices),
      'spec.devices',
      (device, at) => validateDevice(device, oldDevices.get(device['name']), perDevice, at),
      (device) => device['name'] ?? '',
    ),
    ...validateSet(
      listOf(spec['sharedCounters']),
      maxCounterSets,
      'spec.sharedCounters',
      validateCounterSet,
      ({ name }) => name,
    ),
  ];
}
