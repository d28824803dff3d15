// Resource requirements of containers and pods (pkg/apis/core/validation ValidateResourceRequirements and around).
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notFound,
  notSupported,
  required,
} from '../../../apimachinery/field.ts';
import { isQualifiedName } from '../../../apimachinery/names.ts';
import {
  aggregateContainerResources,
  isHugePages,
  isNativeResource,
  isOvercommitAllowed,
  isPodLevelResource,
} from '../../../apimachinery/pod-resources.ts';
import {
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  quantityMilliValue,
  quantityOf,
  quantityValue,
} from '../../../apimachinery/quantity.ts';
import { type Fields, listOf } from '../fields.ts';
import {
  checkDNS1123Label,
  isNegativeErrorMsg,
  isNotIntegerErrorMsg,
  isNotPositiveErrorMsg,
  pushInvalid,
} from './checks.ts';
import {
  isExtendedResource,
  isIntegerResource,
  isStandardContainerResource,
  isStandardResource,
} from './resource-names.ts';

type CheckName = (name: string, path: string, errors: FieldError[]) => void;

/** A qualified name, and without a domain one that is known. Returns whether it was fine. */
export function checkResourceName(name: string, path: string, errors: FieldError[]): boolean {
  const messages = isQualifiedName(name);
  pushInvalid(errors, path, name, messages);
  if (messages.length > 0) return false;
  if (name.includes('/') || isStandardResource(name)) return true;
  errors.push(invalid(path, name, 'must be a standard resource type or fully qualified'));
  return false;
}

/** validateContainerResourceName. */
export function checkContainerResourceName(name: string, path: string, errors: FieldError[]): void {
  if (name === 'cpu' || name === 'memory') return;
  checkResourceName(name, path, errors);
  if (!name.includes('/')) {
    if (!isStandardContainerResource(name))
      errors.push(invalid(path, name, 'must be a standard resource for containers'));
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    errors.push(invalid(path, name, "doesn't follow extended resource name standard"));
  }
}

function checkPodResourceName(name: string, path: string, errors: FieldError[]): void {
  if (checkResourceName(name, path, errors) && !isPodLevelResource(name)) {
    errors.push(notSupported(path, name, ['cpu', 'hugepages-', 'memory']));
  }
}

/** Not negative, and whole where the resource comes in whole numbers (ValidateResourceQuantityValue). */
export function checkQuantityValue(name: string, value: string, path: string, errors: FieldError[]): void {
  const quantity = quantityOf(value);
  checkNonnegativeQuantity(quantity, path, errors);
  if (isIntegerResource(name) && quantityMilliValue(quantity) % 1000n !== 0n) {
    errors.push(invalid(path, value, isNotIntegerErrorMsg));
  }
}

export function checkNonnegativeQuantity(quantity: Quantity, path: string, errors: FieldError[]): void {
  if (quantity.nanos < 0n) errors.push(invalid(path, formatQuantity(quantity), isNegativeErrorMsg));
}

export function checkPositiveQuantity(value: string, path: string, errors: FieldError[]): void {
  const quantity = quantityOf(value);
  if (quantity.nanos <= 0n) errors.push(invalid(path, formatQuantity(quantity), isNotPositiveErrorMsg));
}

/** validateBasicResource. */
export function checkBasicResource(value: string, path: string, errors: FieldError[]): void {
  const whole = quantityValue(quantityOf(value));
  if (whole < 0n) errors.push(invalid(path, Number(whole), 'must be a valid resource quantity'));
}

/** ValidateContainerResourceRequirements; `claimNames` are the pod's resource claims. */
export function checkContainerResources(
  resources: Fields | null | undefined,
  claimNames: ReadonlySet<string>,
  path: string,
  errors: FieldError[],
): void {
  if (resources) checkRequirements(resources, checkContainerResourceName, claimNames, path, errors);
}

function checkRequirements(
  resources: Fields,
  checkName: CheckName,
  claimNames: ReadonlySet<string>,
  path: string,
  errors: FieldError[],
): void {
  const limits = (resources['limits'] ?? {}) as Fields;
  const requests = (resources['requests'] ?? {}) as Fields;
  let hasCompute = false;
  let hasHugePages = false;
  for (const [list, field] of [
    [limits, 'limits'],
    [requests, 'requests'],
  ] as const) {
    for (const name in list) {
      const namePath = `${path}.${field}[${name}]`;
      checkName(name, namePath, errors);
      checkQuantityValue(name, list[name], namePath, errors);
      if (field === 'requests') checkAgainstLimit(name, list[name], limits, path, errors);
      if (isHugePages(name)) {
        hasHugePages = true;
        checkHugePagesDivisible(name, list[name], namePath, errors);
      }
      if (name === 'cpu' || name === 'memory') hasCompute = true;
    }
  }
  if (hasHugePages && !hasCompute) errors.push(forbidden(path, 'HugePages require cpu or memory'));
  if (resources['claims']) checkClaimNames(listOf(resources['claims']), claimNames, `${path}.claims`, errors);
}

function checkAgainstLimit(name: string, request: string, limits: Fields, path: string, errors: FieldError[]): void {
  const limit = limits[name] as string | undefined;
  if (limit === undefined) {
    if (!isOvercommitAllowed(name))
      errors.push(required(`${path}.limits`, 'Limit must be set for non overcommitable resources'));
    return;
  }
  if (limit === request) return;
  const order = compareQuantities(quantityOf(request), quantityOf(limit));
  if (order !== 0 && !isOvercommitAllowed(name)) {
    errors.push(invalid(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`));
  } else if (order > 0) {
    errors.push(invalid(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`));
  }
}

/** `hugepages-2Mi` comes in multiples of 2Mi. */
function checkHugePagesDivisible(name: string, value: string, path: string, errors: FieldError[]): void {
  const size = quantityOf(name.slice('hugepages-'.length)).nanos;
  const wanted = quantityOf(value).nanos;
  if (size > 0n && wanted >= 0n && wanted % size === 0n) return;
  errors.push(invalid(path, value, `${value} is not positive integer multiple of ${name}`));
}

function checkClaimNames(
  claims: readonly Fields[],
  claimNames: ReadonlySet<string>,
  path: string,
  errors: FieldError[],
): void {
  const seen = new Set<string>();
  claims.forEach((claim, i) => {
    const name = (claim['name'] ?? '') as string;
    const at = `${path}[${i}]`;
    if (name === '') {
      errors.push(required(at));
      return;
    }
    checkClaimRequest(name, claim['request'] ?? '', seen, at, errors);
    if (claimNames.has(name)) return;
    const known = claimNames.size === 0 ? ' which is empty' : `: ${[...claimNames].sort().join(', ')}`;
    const error = notFound(at, name);
    errors.push({ ...error, body: `${error.body}: must be one of the names in pod.spec.resourceClaims${known}` });
  });
}

function checkClaimRequest(name: string, request: string, seen: Set<string>, path: string, errors: FieldError[]): void {
  if (seen.has(name)) {
    errors.push(duplicate(path, name));
    return;
  }
  if (request !== '') checkDNS1123Label(request, `${path}.request`, errors);
  const key = request === '' ? name : `${name}/${request}`;
  if (seen.has(key)) errors.push(duplicate(path, key));
  else if (request === '') {
    for (const other of seen) if (other.startsWith(`${name}/`)) errors.push(duplicate(path, name));
  }
  seen.add(key);
}

/** Pod-level resources: their own requirements, and that they cover the containers' (validatePodResources). */
export function checkPodLevelResources(
  spec: Fields,
  claimNames: ReadonlySet<string>,
  path: string,
  errors: FieldError[],
): void {
  const resources = spec['resources'] as Fields | null | undefined;
  if (!resources) return;
  const at = `${path}.resources`;
  if (spec['os']?.name === 'windows') {
    errors.push(forbidden(at, 'may not be set for a windows pod'));
    return;
  }
  if (resources['claims']) errors.push(forbidden(`${at}.claims`, 'claims may not be set for Resources at pod-level'));
  checkRequirements(resources, checkPodResourceName, claimNames, at, errors);
  checkCoversContainers(spec, resources, at, errors);
}

function isMore(a: string, b: string): boolean {
  return compareQuantities(quantityOf(a), quantityOf(b)) > 0;
}

function checkCoversContainers(spec: Fields, resources: Fields, path: string, errors: FieldError[]): void {
  const requests = (resources['requests'] ?? {}) as Fields;
  const limits = (resources['limits'] ?? {}) as Fields;
  for (const [name, sum] of Object.entries(aggregateContainerResources(spec, 'requests'))) {
    if (!Object.hasOwn(requests, name) || !isMore(sum, requests[name])) continue;
    const detail = `must be greater than or equal to aggregate container requests of ${sum}`;
    errors.push(invalid(`${path}.requests[${name}]`, requests[name], detail));
  }
  for (const [name, sum] of Object.entries(aggregateContainerResources(spec, 'limits'))) {
    if (!isHugePages(name) || !Object.hasOwn(limits, name) || !isMore(sum, limits[name])) continue;
    const detail = `must be greater than or equal to aggregate container limits of ${sum}`;
    errors.push(invalid(`${path}.limits[${name}]`, limits[name], detail));
  }
  listOf(spec['containers']).forEach((container, i) => {
    for (const [name, limit] of Object.entries((container['resources']?.limits ?? {}) as Record<string, string>)) {
      if (!Object.hasOwn(limits, name) || !isMore(limit, limits[name])) continue;
      const detail = `must be less than or equal to pod limits of ${limits[name]}`;
      errors.push(invalid(`${path}.containers[${i}][${name}].limits`, limit, detail));
    }
  });
}

const cpuDivisors = new Set(['1m', '1']);
const byteDivisors = new Set(['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']);

/** What a resourceFieldRef may divide by (validateContainerResourceDivisor). */
export function checkDivisor(resource: string, divisor: unknown, path: string, errors: FieldError[]): void {
  if (divisor === undefined || divisor === null || divisor === '0') return;
  const text = formatQuantity(parseQuantity(String(divisor)));
  if (text === '0') return;
  const [, kind = ''] = resource.split(/\.(.*)/s);
  if (kind === 'cpu') {
    if (!cpuDivisors.has(text)) {
      errors.push(
        invalid(`${path}.divisor`, resource, "only divisor's values 1m and 1 are supported with the cpu resource"),
      );
    }
    return;
  }
  const name =
    { memory: 'memory', 'ephemeral-storage': 'local ephemeral storage' }[kind] ??
    (isHugePages(kind) ? 'hugepages' : '');
  if (name !== '' && !byteDivisors.has(text)) {
    errors.push(
      invalid(
        `${path}.divisor`,
        resource,
        `only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the ${name} resource`,
      ),
    );
  }
}
