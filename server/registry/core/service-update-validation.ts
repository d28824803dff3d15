// What an update may do to a Service's addresses and families
// (pkg/apis/core/validation validateUpgradeDowngradeClusterIPs, validateUpgradeDowngradeIPFamilies).
import { type FieldError, forbidden, invalid } from '../../../apimachinery/field.ts';
import type { Fields } from '../fields.ts';
import { needsHealthCheckNodePort } from './service-fields.ts';

const once = 'may not change once set';

/** Adding or releasing a second family is fine; the first stays. */
export function checkServiceTransition(spec: Fields, old: Fields, errors: FieldError[]): void {
  if (spec['type'] === 'ExternalName' || old['type'] === 'ExternalName') return;
  const isHeadless = isNone(spec['clusterIPs']);
  const wasHeadless = isNone(old['clusterIPs']);
  if (!isHeadless || !wasHeadless) checkAddresses(spec, old, errors);
  if (!isHeadless && !wasHeadless) checkFamilies(spec, old, errors);
}

export function checkUnchangedHealthCheckPort(spec: Fields, old: Fields, errors: FieldError[]): void {
  if (!needsHealthCheckNodePort(spec) || !needsHealthCheckNodePort(old)) return;
  if ((spec['healthCheckNodePort'] ?? 0) !== (old['healthCheckNodePort'] ?? 0))
    errors.push(forbidden('spec.healthCheckNodePort', 'field is immutable'));
}

function isNone(addresses: string[] | null | undefined): boolean {
  return addresses?.length === 1 && addresses[0] === 'None';
}

function checkAddresses(spec: Fields, old: Fields, errors: FieldError[]): void {
  const after = (spec['clusterIPs'] ?? []) as string[];
  const before = (old['clusterIPs'] ?? []) as string[];
  const printed = spec['clusterIPs'];
  if (before.length === after.length) {
    before.forEach((address, index) => {
      if (address !== after[index]) errors.push(invalid(`spec.clusterIPs[${index}]`, printed, once));
    });
    return;
  }
  if (after.length === 0) errors.push(invalid('spec.clusterIPs[0]', printed, 'primary clusterIP can not be unset'));
  if (hasNewFirst(after, before)) errors.push(invalid('spec.clusterIPs[0]', printed, once));
  if (before.length > after.length && after.length === 1) checkSingleStack(spec, 'clusterIP', errors);
}

function checkFamilies(spec: Fields, old: Fields, errors: FieldError[]): void {
  const after = (spec['ipFamilies'] ?? []) as string[];
  const before = (old['ipFamilies'] ?? []) as string[];
  const path = 'spec.ipFamilies[0]';
  if (before.length === after.length) {
    before.forEach((family, index) => {
      if (family !== after[index]) errors.push(invalid(path, after, once));
    });
    return;
  }
  const isReduced = before.length > after.length;
  if (isReduced && (spec['clusterIPs'] ?? []).length === 0)
    errors.push(invalid(path, spec['ipFamilies'], 'primary ipFamily can not be unset'));
  // Upstream shows the addresses here, not the families.
  if (hasNewFirst(after, before)) errors.push(invalid(path, spec['clusterIPs'], once));
  if (isReduced && after.length === 1) checkSingleStack(spec, 'ipFamily', errors);
}

function hasNewFirst(after: readonly string[], before: readonly string[]): boolean {
  return before.length > 0 && after.length > 0 && before[0] !== after[0];
}

function checkSingleStack(spec: Fields, released: string, errors: FieldError[]): void {
  if (spec['ipFamilyPolicy'] === 'SingleStack') return;
  const detail = `must be set to 'SingleStack' when releasing the secondary ${released}`;
  errors.push(invalid('spec.ipFamilyPolicy', spec['ipFamilyPolicy'], detail));
}
