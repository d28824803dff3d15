// ipFamilyPolicy, ipFamilies and clusterIPs of a Service, made complete before addresses are allocated
// (kubernetes pkg/registry/core/service/storage alloc.go initIPFamilyFields, pkg/apis/core/validation).
import { isIP } from 'node:net';
import { duplicate, type FieldError, invalid, newInvalid, notSupported, required } from '../../apimachinery/field.ts';
import { familyOf, type IPFamily } from './ip-range.ts';

/** The part of a Service's spec that allocation reads and writes. */
export interface ServiceSpec {
  type?: string;
  clusterIP?: string;
  clusterIPs?: string[];
  ipFamilies?: IPFamily[];
  ipFamilyPolicy?: string;
  selector?: Record<string, string>;
  externalTrafficPolicy?: string;
  healthCheckNodePort?: number;
  allocateLoadBalancerNodePorts?: boolean;
  ports?: { name?: string; protocol?: string; port: number; nodePort?: number }[];
}

const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const field = 'spec.ipFamilyPolicy';

export function isHeadless(spec: ServiceSpec): boolean {
  return spec.clusterIP === 'None' || spec.clusterIPs?.[0] === 'None';
}

function validateAddresses(spec: ServiceSpec, errors: FieldError[]): boolean {
  const addresses = spec.clusterIPs ?? [];
  const before = errors.length;
  for (const [index, address] of addresses.entries()) {
    if (index === 0 && address === 'None') {
      if (addresses.length > 1)
        errors.push(invalid('spec.clusterIPs', addresses, "'None' must be the first and only value"));
    } else if (isIP(address) === 0) {
      const message = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
      errors.push(invalid(`spec.clusterIPs[${index}]`, address, message));
    }
  }
  const valid = errors.length === before;
  if (addresses.length > 2) errors.push(invalid('spec.clusterIPs', addresses, 'may only hold up to 2 values'));
  return valid;
}

function validateFamilies(spec: ServiceSpec, errors: FieldError[]): void {
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    const at = `spec.ipFamilies[${index}]`;
    if (family !== 'IPv4' && family !== 'IPv6') errors.push(notSupported(at, family, ['IPv4', 'IPv6']));
    if (spec.ipFamilies!.indexOf(family) < index) errors.push(duplicate(at, family));
  }
  if (spec.ipFamilyPolicy !== undefined && !policies.includes(spec.ipFamilyPolicy))
    errors.push(notSupported(field, spec.ipFamilyPolicy, policies));
}

/** What must hold before anything is inferred (ValidateServiceClusterIPsRelatedFields). */
export function validateClusterIPFields(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const { clusterIP = '', clusterIPs = [], ipFamilies = [] } = spec;
  if (clusterIP !== '' && clusterIPs.length === 0) errors.push(required('spec.clusterIPs'));
  else if (clusterIP !== '' && clusterIPs[0] !== clusterIP)
    errors.push(invalid('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`'));
  else if (clusterIP === '' && clusterIPs.length > 0)
    errors.push(invalid('spec.clusterIPs', clusterIPs, 'must be empty when `clusterIP` is not specified'));
  validateFamilies(spec, errors);
  if (!validateAddresses(spec, errors) || isHeadless(spec)) return errors;
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(familyOf)).size < 2)
    errors.push(invalid('spec.clusterIPs', clusterIPs, 'may specify no more than one IP for each IP family'));
  for (const [index, address] of clusterIPs.entries()) {
    const family = ipFamilies[index];
    if (family !== undefined && family !== familyOf(address))
      errors.push(
        invalid(
          `spec.clusterIPs[${index}]`,
          address,
          `expected an ${family} value as indicated by \`ipFamilies[${index}]\``,
        ),
      );
  }
  return errors;
}

function same(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return (a ?? []).join() === (b ?? []).join();
}

/** A PreferDualStack Service keeps what it has until its policy, addresses or families are changed. */
export function keepsDualStackFields(spec: ServiceSpec, old: ServiceSpec | undefined): boolean {
  return (
    old !== undefined &&
    spec.type === old.type &&
    spec.type !== 'ExternalName' &&
    spec.ipFamilyPolicy === 'PreferDualStack' &&
    (old.ipFamilyPolicy ?? 'PreferDualStack') === 'PreferDualStack' &&
    same(spec.clusterIPs, old.clusterIPs) &&
    same(spec.ipFamilies, old.ipFamilies)
  );
}

function defaultPolicy(spec: ServiceSpec, old: ServiceSpec | undefined): string {
  if (old?.ipFamilyPolicy !== undefined) return old.ipFamilyPolicy;
  return isSelectorlessHeadless(spec) ? 'RequireDualStack' : 'SingleStack';
}

function isSelectorlessHeadless(spec: ServiceSpec): boolean {
  return spec.clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0;
}

/** Going from two families to one must be said by the policy; then the second address and family go. */
function reduceToSingleStack(spec: ServiceSpec, old: ServiceSpec, errors: FieldError[]): void {
  if (spec.ipFamilyPolicy === 'SingleStack') {
    if (same(spec.clusterIPs, old.clusterIPs) && spec.clusterIPs) spec.clusterIPs = spec.clusterIPs.slice(0, 1);
    if (same(spec.ipFamilies, old.ipFamilies) && spec.ipFamilies) spec.ipFamilies = spec.ipFamilies.slice(0, 1);
    return;
  }
  const reduced = (now: unknown[] = [], before: unknown[] = []) => now.length > 0 && now.length < before.length;
  const must = (what: string) => `must be 'SingleStack' to release the secondary ${what}`;
  if (reduced(spec.clusterIPs, old.clusterIPs)) errors.push(invalid(field, spec.ipFamilyPolicy, must('cluster IP')));
  if (reduced(spec.ipFamilies, old.ipFamilies)) errors.push(invalid(field, spec.ipFamilyPolicy, must('IP family')));
}

function inferFamilies(spec: ServiceSpec, configured: readonly IPFamily[], errors: FieldError[]): void {
  if (spec.ipFamilyPolicy === 'SingleStack') {
    const must = (what: string) =>
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`;
    if (spec.clusterIPs?.length === 2) errors.push(invalid(field, spec.ipFamilyPolicy, must('cluster IPs')));
    if (spec.ipFamilies?.length === 2) errors.push(invalid(field, spec.ipFamilyPolicy, must('IP families')));
  }
  if (isHeadless(spec)) return;
  for (const [index, address] of (spec.clusterIPs ?? []).entries()) {
    if (index < (spec.ipFamilies ?? []).length) continue;
    const family = familyOf(address);
    if (configured.includes(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family];
    else
      errors.push(invalid(`spec.clusterIPs[${index}]`, spec.clusterIPs, `${family} is not configured on this cluster`));
  }
}

function checkConfigured(spec: ServiceSpec, configured: readonly IPFamily[], errors: FieldError[]): void {
  if (spec.ipFamilyPolicy === 'RequireDualStack' && configured.length < 2)
    errors.push(invalid(field, spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services'));
  for (const [index, family] of (spec.ipFamilies ?? []).entries())
    if (!configured.includes(family))
      errors.push(invalid(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster'));
}

function otherFamily(family: IPFamily): IPFamily {
  return family === 'IPv4' ? 'IPv6' : 'IPv4';
}

/**
 * Completes the three fields in place, for a Service of this name. `configured` are the cluster's families, its own first.
 * Throws Invalid for combinations that make no sense or that the cluster cannot serve.
 */
export function initIPFamilyFields(
  name: string,
  spec: ServiceSpec,
  old: ServiceSpec | undefined,
  configured: readonly IPFamily[],
): void {
  if (spec.type === 'ExternalName' || keepsDualStackFields(spec, old)) return;
  const check = (errors: readonly FieldError[]) => {
    if (errors.length > 0) throw newInvalid({ group: '', kind: 'Service' }, name, errors);
  };
  spec.ipFamilyPolicy ??= defaultPolicy(spec, old);
  const errors = validateClusterIPFields(spec);
  check(errors);
  if (old !== undefined) reduceToSingleStack(spec, old, errors);
  inferFamilies(spec, configured, errors);
  check(errors);
  const selectorless = isSelectorlessHeadless(spec);
  if (!selectorless) {
    checkConfigured(spec, configured, errors);
    check(errors);
  }
  if (spec.ipFamilies === undefined || spec.ipFamilies.length === 0) spec.ipFamilies = [configured[0]!];
  // A headless Service without a selector may have endpoints of both families, whatever the cluster has.
  const wantsBoth = spec.ipFamilyPolicy !== 'SingleStack' && (selectorless || configured.length === 2);
  if (wantsBoth && spec.ipFamilies.length === 1)
    spec.ipFamilies = [spec.ipFamilies[0]!, otherFamily(spec.ipFamilies[0]!)];
}
