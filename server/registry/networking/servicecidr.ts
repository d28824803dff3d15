import { type FieldError, invalid, required } from '../../../apimachinery/field.ts';
import { isValidCIDR, parseCIDRSloppy } from '../../../apimachinery/ip.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { fieldImmutable } from '../../../apimachinery/validation.ts';
import { allVerbs, dropStatus, keepStatus, type ResourceDescriptor } from '../descriptor.ts';
import { age, ageColumn, fieldColumn, nameColumn } from '../print.ts';
import { statusOnlySubresource } from '../status-metadata.ts';

const field = 'spec.cidrs';

function cidrsOf(object: KubeObject): string[] {
  return (object['spec']?.cidrs ?? []) as string[];
}

function validate(object: KubeObject): FieldError[] {
  const cidrs = cidrsOf(object);
  if (cidrs.length === 0) return [required(field, 'at least one CIDR required')];
  if (cidrs.length > 2) return [invalid(field, { CIDRs: cidrs }, 'may only hold up to 2 values')];
  const errors = cidrs.flatMap((cidr, index) => isValidCIDR(`${field}[${index}]`, cidr));
  const [first, second] = cidrs.map((cidr) => parseCIDRSloppy(cidr)?.network.family);
  if (cidrs.length === 2 && first !== undefined && first === second)
    errors.push(
      invalid(field, cidrs, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'),
    );
  return errors;
}

/** One range may become two of both families; otherwise the ranges stay. */
function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const cidrs = cidrsOf(object);
  const before = cidrsOf(old);
  const added = before.length === 1 && cidrs.length === 2;
  if (cidrs.length !== before.length && !added) return [invalid(field, cidrs, fieldImmutable)];
  const changed = before.flatMap((cidr, index) =>
    cidr === cidrs[index] ? [] : [invalid(`${field}[${index}]`, cidrs[index], fieldImmutable)],
  );
  return added ? [...changed, ...validate(object)] : changed;
}

/** networking.k8s.io/v1 ServiceCIDR: a range that Service addresses are taken from. */
export const serviceCIDR: ResourceDescriptor = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  resource: 'servicecidrs',
  singular: 'servicecidr',
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'gNLvruQhW2g=',
  stored: true,
  subresources: [statusOnlySubresource()],
  printer: {
    columns: [nameColumn, fieldColumn('CIDRs', 'io.k8s.api.networking.v1.ServiceCIDRSpec', 'cidrs'), ageColumn],
    cells: (object, { now }) => [
      object.metadata.name ?? '',
      ((object['spec']?.cidrs ?? []) as string[]).join(','),
      age(object, now),
    ],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  prepareForCreate: dropStatus,
  prepareForUpdate: keepStatus,
  validate,
  validateUpdate,
};
