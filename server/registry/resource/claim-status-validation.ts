// The status of a ResourceClaim: allocation, reservations, what drivers say of devices (pkg/apis/resource/validation).
import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '../../../apimachinery/field.ts';
import { parseCIDRSloppy } from '../../../apimachinery/ip.ts';
import { byteLength } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { validateConditions, validateImmutableField } from '../../../apimachinery/validation.ts';
import { checkNodeSelector } from '../core/scheduling-validation.ts';
import { type Fields, listOf } from '../fields.ts';
import { internalForm } from '../internal-form.ts';
import { validateSet, validateSlice } from './collections.ts';
import {
  validateBindingConditions,
  validateDriverName,
  validateLabelForm,
  validatePoolName,
  validateUID,
} from './names.ts';
import {
  maxConfigurations,
  requestNamesOf,
  validateConfiguration,
  validateRawObject,
  validateRequestReference,
  validateRequestReferences,
} from './request-validation.ts';

type RequestNames = ReturnType<typeof requestNamesOf>;

const maxReservations = 256;
const maxResults = 32;
const maxDeviceConditions = 8;
const maxDataBytes = 10 * 1024;
const maxInterfaceNameBytes = 256;
const maxHardwareAddressBytes = 128;
const maxIPs = 16;

/** What identifies a device, or the share of one, in an allocation. */
export function deviceId({ driver, pool, device, shareID }: Fields): string {
  return [driver ?? '', pool ?? '', device ?? '', ...(shareID === undefined ? [] : [shareID])].join('/');
}

function validateConsumer(consumer: Fields, field: string): FieldError[] {
  return ['resource', 'name', 'uid']
    .filter((part) => (consumer[part] ?? '') === '')
    .map((part) => required(`${field}.${part}`));
}

/** Driver, pool, device and share, wherever they stand together. */
function validateDeviceReference(reference: Fields, field: string): FieldError[] {
  return [
    ...validateDriverName(reference['driver'] ?? '', `${field}.driver`),
    ...validatePoolName(reference['pool'] ?? '', `${field}.pool`),
    ...validateLabelForm(reference['device'] ?? '', `${field}.device`),
  ];
}

function validateShare({ shareID }: Fields, field: string): FieldError[] {
  return shareID === undefined ? [] : validateUID(shareID, `${field}.shareID`);
}

function validateAddress(address: string, field: string): FieldError[] {
  const cidr = parseCIDRSloppy(address);
  if (cidr === undefined)
    return [invalid(field, address, 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)')];
  const canonical = `${cidr.address.text}/${cidr.prefixLength}`;
  return address === canonical
    ? []
    : [invalid(field, address, `must be in canonical form (${JSON.stringify(canonical)})`)];
}

function validateNetworkData(data: Fields, field: string): FieldError[] {
  const { interfaceName = '', hardwareAddress = '', ips = [] } = data;
  return [
    ...(byteLength(interfaceName) > maxInterfaceNameBytes
      ? [tooLong(`${field}.interfaceName`, maxInterfaceNameBytes)]
      : []),
    ...(byteLength(hardwareAddress) > maxHardwareAddressBytes
      ? [tooLong(`${field}.hardwareAddress`, maxHardwareAddressBytes)]
      : []),
    ...validateSet(ips as string[], maxIPs, `${field}.ips`, validateAddress, (ip) => ip),
  ];
}

function validateDeviceStatus(device: Fields, field: string, allocated: ReadonlySet<string>): FieldError[] {
  const conditions = listOf(device['conditions']);
  const id = deviceId(device);
  return [
    ...validateDeviceReference(device, field),
    ...validateShare(device, field),
    ...(allocated.has(id) ? [] : [invalid(field, id, 'must be an allocated device in the claim')]),
    ...(conditions.length > maxDeviceConditions
      ? [tooMany(`${field}.conditions`, conditions.length, maxDeviceConditions)]
      : []),
    ...validateConditions(conditions, `${field}.conditions`),
    ...(device['data'] ? validateRawObject(device['data'], maxDataBytes, `${field}.data`) : []),
    ...(device['networkData'] ? validateNetworkData(device['networkData'], `${field}.networkData`) : []),
  ];
}

function validateResult(result: Fields, field: string, names: RequestNames): FieldError[] {
  return [
    ...validateRequestReference(result['request'] ?? '', `${field}.request`, names),
    ...validateDeviceReference(result, field),
    ...validateBindingConditions(result, field),
    ...validateShare(result, field),
  ];
}

function validateAllocatedConfig(config: Fields, field: string, names: RequestNames): FieldError[] {
  const source = (config['source'] ?? '') as string;
  const sources = ['FromClaim', 'FromClass'];
  const sourceErrors =
    source === ''
      ? [required(`${field}.source`)]
      : sources.includes(source)
        ? []
        : [notSupported(`${field}.source`, source, sources)];
  return [
    ...sourceErrors,
    ...validateRequestReferences(config['requests'], `${field}.requests`, names),
    ...validateConfiguration(config, field),
  ];
}

function validateAllocation(allocation: Fields, field: string, names: RequestNames): FieldError[] {
  const devices = (allocation['devices'] ?? {}) as Fields;
  const path = `${field}.devices`;
  const nodeErrors: FieldError[] = [];
  if (allocation['nodeSelector']) checkNodeSelector(allocation['nodeSelector'], `${field}.nodeSelector`, nodeErrors);
  return [
    ...validateSlice(listOf(devices['results']), maxResults, `${path}.results`, (result, at) =>
      validateResult(result, at, names),
    ),
    // The class's and the claim's.
    ...validateSlice(listOf(devices['config']), 2 * maxConfigurations, `${path}.config`, (config, at) =>
      validateAllocatedConfig(config, at, names),
    ),
    ...nodeErrors,
  ];
}

function validateReservations(object: KubeObject, old: KubeObject): FieldError[] {
  const field = 'status.reservedFor';
  const reserved = listOf(object['status']?.reservedFor);
  const errors = validateSet(reserved, maxReservations, field, validateConsumer, ({ uid }) => uid);
  return [...errors, ...validateReservable(object, old, field)];
}

function validateReservable(object: KubeObject, old: KubeObject, field: string): FieldError[] {
  const reserved = listOf(object['status']?.reservedFor);
  if (reserved.length === 0) return [];
  if (!object['status'].allocation) return [forbidden(field, 'may not be specified when `allocated` is not set')];
  if (object.metadata.deletionTimestamp === undefined) return [];
  const before = listOf(old['status']?.reservedFor);
  const added = reserved.some((entry) => !before.some((other) => semanticEqual(entry, other)));
  const rule = 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set';
  return added ? [forbidden(field, rule)] : [];
}

const internal = (allocation: unknown): unknown => internalForm(allocation, 'io.k8s.api.resource.v1.AllocationResult');

/** ValidateResourceClaimStatusUpdate. */
export function validateClaimStatusUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const status = (object['status'] ?? {}) as Fields;
  const { allocation } = status;
  const oldAllocation = old['status']?.allocation;
  const allocated = new Set(listOf(allocation?.devices?.results).map(deviceId));
  const errors = [
    ...validateReservations(object, old),
    ...validateSet(
      listOf(status['devices']),
      -1,
      'status.devices',
      (device, at) => validateDeviceStatus(device, at, allocated),
      deviceId,
    ),
  ];
  if (!allocation) return errors;
  return oldAllocation
    ? [...errors, ...validateImmutableField(internal(allocation), internal(oldAllocation), 'status.allocation')]
    : [...errors, ...validateAllocation(allocation, 'status.allocation', requestNamesOf(object['spec']?.devices))];
}
