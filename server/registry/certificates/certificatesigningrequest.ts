import { nameIsPathSegment } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import {
  allVerbs,
  type RequestContext,
  type ResourceDescriptor,
  type SubresourceDescriptor,
  statusSubresource,
  statusVerbs,
} from '../descriptor.ts';
import { ensure, type Fields, listOf } from '../fields.ts';
import { age, ageColumn, column, fieldColumn, humanDuration, nameColumn } from '../print.ts';
import { validateCSR, validateCSRUpdate } from './csr-validation.ts';

const specDefinition = 'io.k8s.api.certificates.v1.CertificateSigningRequestSpec';

/** Times that the client left out: of the update always now, of the transition that of the same state before. */
function populateConditionTimestamps(object: KubeObject, old: KubeObject, timestamp: string): void {
  for (const condition of listOf(object['status']?.conditions)) {
    condition['lastUpdateTime'] ??= timestamp;
    condition['lastTransitionTime'] ??=
      listOf(old['status']?.conditions).find(
        (before) =>
          before['type'] === condition['type'] &&
          before['status'] === condition['status'] &&
          before['lastTransitionTime'],
      )?.['lastTransitionTime'] ?? timestamp;
  }
}

/** Approval and denial are not changed through /status: as many as before are kept as they were. */
function preserveConditions(object: KubeObject, old: KubeObject, type: string): void {
  const conditions = object['status']?.conditions as Fields[] | undefined;
  const before = listOf(old['status']?.conditions).filter((condition) => condition['type'] === type);
  const indices = listOf(conditions).flatMap((condition, index) => (condition['type'] === type ? [index] : []));
  if (conditions === undefined || before.length !== indices.length) return;
  indices.forEach((index, i) => {
    conditions[index] = before[i]!;
  });
}

const status = statusSubresource({
  resetFields: ['spec', 'status.conditions'],
  prepareForUpdate(object, old, context) {
    object['spec'] = old['spec'];
    preserveConditions(object, old, 'Approved');
    preserveConditions(object, old, 'Denied');
    populateConditionTimestamps(object, old, context.timestamp);
  },
  validateUpdate: (object, old) => validateCSRUpdate(object, old, { setCertificate: true }),
});

/** `/approval` writes the conditions and nothing else. */
const approval: SubresourceDescriptor = {
  name: 'approval',
  verbs: statusVerbs,
  resetFields: ['spec', 'status.certificate'],
  prepareForUpdate(object, old, context) {
    populateConditionTimestamps(object, old, context.timestamp);
    const conditions = object['status']?.conditions;
    object['spec'] = old['spec'];
    object['status'] = { ...old['status'] };
    if (conditions === undefined) delete object['status'].conditions;
    else object['status'].conditions = conditions;
  },
  validateUpdate: (object, old) => validateCSRUpdate(object, old, { decide: true }),
};

/** Who asks is what authentication found, whatever the client wrote. */
function prepareForCreate(object: KubeObject, { user }: RequestContext): void {
  const spec = ensure(object, 'spec');
  for (const field of ['username', 'uid', 'groups', 'extra']) delete spec[field];
  spec['username'] = user.name;
  if (user.uid) spec['uid'] = user.uid;
  if (user.groups.length > 0) spec['groups'] = [...user.groups];
  const extra = Object.entries(user.extra ?? {}).map(([key, values]) => [key, [...values]]);
  if (extra.length > 0) spec['extra'] = Object.fromEntries(extra);
  object['status'] = {};
}

function state(object: KubeObject): string {
  const types = listOf(object['status']?.conditions).map((condition) => condition['type']);
  const decision = types.includes('Denied') ? 'Denied' : types.includes('Approved') ? 'Approved' : 'Pending';
  const failed = types.includes('Failed') ? ',Failed' : '';
  return `${decision}${failed}${object['status']?.certificate ? ',Issued' : ''}`;
}

/** certificates.k8s.io/v1 CertificateSigningRequest. */
export const certificateSigningRequest: ResourceDescriptor = {
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  resource: 'certificatesigningrequests',
  singular: 'certificatesigningrequest',
  shortNames: ['csr'],
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: '95fRKMXA+00=',
  stored: true,
  subresources: [approval, status],
  selectableFields: { 'spec.signerName': (object) => object['spec']?.signerName ?? '' },
  printer: {
    columns: [
      nameColumn,
      ageColumn,
      fieldColumn('SignerName', specDefinition, 'signerName'),
      column('Requestor', 'Base64-encoded PKCS#10 CSR data'),
      fieldColumn('RequestedDuration', specDefinition, 'expirationSeconds'),
      column('Condition', 'Conditions applied to the request, such as approval or denial.'),
    ],
    cells(object, { now }) {
      const seconds = object['spec']?.expirationSeconds as number | undefined;
      return [
        object.metadata.name ?? '',
        age(object, now),
        object['spec']?.signerName || '<none>',
        object['spec']?.username ?? '',
        seconds === undefined ? '<none>' : humanDuration(seconds * 1000),
        state(object),
      ];
    },
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  resetFields: ['spec', 'status'],
  validateName: nameIsPathSegment,
  validate: (object) => validateCSR(object),
  validateUpdate: (object, old) => validateCSRUpdate(object, old),
  prepareForCreate,
  prepareForUpdate(object, old) {
    object['spec'] = old['spec'];
    object['status'] = old['status'];
  },
};
