// Node (pkg/apis/core/validation ValidateNode, ValidateNodeUpdate; pkg/registry/core/node nodeWarnings).
import { duplicate, type FieldError, forbidden, invalid } from '../../../apimachinery/field.ts';
import { isValidCIDRForLegacyField, parseCIDRSloppy, warningsForCIDR } from '../../../apimachinery/ip.ts';
import { isLabelKey, isLabelValue } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { type Fields, listOf } from '../fields.ts';
import { checkPositive, pushInvalid } from './checks.ts';
import { internalForm } from './internal-form.ts';
import { checkQuantityValue } from './resource-validation.ts';
import { checkTaintEffect } from './scheduling-validation.ts';

export function nodeWarnings(object: KubeObject): string[] {
  const warnings: string[] = [];
  const spec = (object['spec'] ?? {}) as Fields;
  if (spec['configSource']) warnings.push('spec.configSource: the feature is removed');
  if (spec['externalID']) warnings.push('spec.externalID: this field is deprecated, and is unused by Kubernetes');
  ((spec['podCIDRs'] ?? []) as string[]).forEach((cidr, index) => {
    warnings.push(...warningsForCIDR(`spec.podCIDRs[${index}]`, cidr));
  });
  return warnings;
}

export function validateNode(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const spec = (object['spec'] ?? {}) as Fields;
  const status = (object['status'] ?? {}) as Fields;
  checkTaints(listOf(spec['taints']), errors);
  checkResources(status, errors);
  const swap = status['nodeInfo']?.swap?.capacity as number | null | undefined;
  if (swap !== undefined && swap !== null) checkPositive(swap, 'metadata.nodeSwapStatus.capacity', errors);
  checkPodCIDRs((spec['podCIDRs'] ?? []) as string[], errors);
  return errors;
}

export function validateNodeUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const spec = (object['spec'] ?? {}) as Fields;
  const oldSpec = (old['spec'] ?? {}) as Fields;
  const status = (object['status'] ?? {}) as Fields;
  checkResources(status, errors);
  checkAddresses(listOf(status['addresses']), errors);
  checkSamePodCIDRs((spec['podCIDRs'] ?? []) as string[], (oldSpec['podCIDRs'] ?? []) as string[], errors);
  if (oldSpec['providerID'] && oldSpec['providerID'] !== spec['providerID'])
    errors.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  checkTaints(listOf(spec['taints']), errors);
  if ((spec['externalID'] ?? '') !== (oldSpec['externalID'] ?? ''))
    errors.push(forbidden('spec.externalID', 'may not be updated'));
  return errors;
}

const taintZeros = { key: '', value: '', effect: '', timeAdded: null };

/** Upstream's path for taints starts at the metadata. */
function checkTaints(taints: readonly Fields[], errors: FieldError[]): void {
  const seen = new Set<string>();
  taints.forEach((taint, index) => {
    const { key = '', value = '', effect = '' } = taint;
    const path = `metadata.taints[${index}]`;
    pushInvalid(errors, `${path}.key`, key, isLabelKey(key));
    const messages = isLabelValue(value);
    if (messages.length > 0) errors.push(invalid(`${path}.value`, value, messages.join(';')));
    checkTaintEffect(effect, `${path}.effect`, errors);
    const id = `${effect}/${key}`;
    if (seen.has(id)) {
      const error = duplicate(path, internalForm(taint, taintZeros));
      errors.push({ ...error, body: `${error.body}: taints must be unique by key and effect pair` });
    }
    seen.add(id);
  });
}

function checkResources(status: Fields, errors: FieldError[]): void {
  for (const list of ['capacity', 'allocatable']) {
    for (const [name, quantity] of Object.entries<string>(status[list] ?? {}))
      checkQuantityValue(name, quantity, `status.${list}.${name}`, errors);
  }
}

function checkPodCIDRs(cidrs: readonly string[], errors: FieldError[]): void {
  const path = 'spec.podCIDRs';
  cidrs.forEach((cidr, index) => {
    errors.push(...isValidCIDRForLegacyField(`${path}[${index}]`, cidr));
  });
  if (cidrs.length < 2) return;
  const families = new Set(cidrs.map((cidr) => parseCIDRSloppy(cidr)?.network.family));
  if (cidrs.length > 2 || families.size < 2)
    errors.push(invalid(path, cidrs, 'may specify no more than one CIDR for each IP family'));
}

/** A node's ranges are given once. Upstream says so for each that differs. */
function checkSamePodCIDRs(cidrs: readonly string[], old: readonly string[], errors: FieldError[]): void {
  const change = forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid');
  if (old.length === 0) return;
  if (old.length !== cidrs.length) errors.push(change);
  else for (const [index, cidr] of old.entries()) if (cidr !== cidrs[index]) errors.push(change);
}

function checkAddresses(addresses: readonly Fields[], errors: FieldError[]): void {
  const seen = new Set<string>();
  addresses.forEach((address, index) => {
    const id = `${address['type']}/${address['address']}`;
    if (seen.has(id))
      errors.push(duplicate(`status.addresses[${index}]`, internalForm(address, { type: '', address: '' })));
    seen.add(id);
  });
}
