import { expect, test } from '@jest/globals';
import { type Body, created, createErrors, row, updated, updateErrors } from '../kind-harness.ts';
import { csiDriver } from './csidriver.ts';
import { csiNode } from './csinode.ts';
import { storageClass } from './storageclass.ts';
import { volumeAttachment } from './volumeattachment.ts';
import { volumeAttributesClass } from './volumeattributesclass.ts';

test('a storage class deletes volumes and binds at once unless it says otherwise', () => {
  expect(created(storageClass, { provisioner: 'p.example' })).toMatchObject({
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'Immediate',
  });
});

test.each<[string, Body, string[]]>([
  ['a provisioner', { provisioner: 'P.example/x' }, []],
  ['no provisioner', {}, ['provisioner: Required value']],
  [
    'an unknown policy',
    { provisioner: 'p', reclaimPolicy: 'Eat' },
    ['reclaimPolicy: Unsupported value: "Eat": supported values: "Delete", "Retain"'],
  ],
  [
    'a parameter without a name',
    { provisioner: 'p', parameters: { '': 'x' } },
    ['parameters: Invalid value: "": field can not be empty.'],
  ],
])('storage class: %s', (_, body, errors) => {
  expect(createErrors(storageClass, body)).toEqual(errors);
});

test('what a storage class says of its volumes stays', () => {
  const old = created(storageClass, { provisioner: 'p', parameters: { a: 'b' } });
  expect(updateErrors(storageClass, { provisioner: 'p', parameters: { a: 'c' } }, old)).toEqual([
    'parameters: Invalid value: {"a":"c"}: field is immutable',
  ]);
});

test('a storage class with the default annotation is marked in tables', () => {
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
  const cells = row(storageClass, {
    metadata: { name: 'a', annotations },
    provisioner: 'p',
    allowVolumeExpansion: true,
  });
  expect(cells).toEqual(['a (default)', 'p', 'Delete', 'Immediate', true, '60s']);
});

test('a volume attributes class has parameters', () => {
  expect(createErrors(volumeAttributesClass, { driverName: 'd.example', parameters: {} })).toEqual([
    'parameters: Required value: must contain at least one key/value pair',
  ]);
});

test('CSI drivers: defaults, generation and what stays', () => {
  const old = created(csiDriver, {});
  expect(old['spec']).toEqual({
    attachRequired: true,
    podInfoOnMount: false,
    volumeLifecycleModes: ['Persistent'],
    storageCapacity: false,
    fsGroupPolicy: 'ReadWriteOnceWithFSType',
    requiresRepublish: false,
    seLinuxMount: false,
  });
  expect(updated(csiDriver, {}, old).metadata.generation).toBeUndefined();
  expect(updated(csiDriver, { spec: { podInfoOnMount: true } }, old).metadata.generation).toBe(1);
  expect(updateErrors(csiDriver, { spec: { attachRequired: false } }, old)).toEqual([
    'spec.attachedRequired: Invalid value: false: field is immutable',
  ]);
});

test.each<[string, Body, string[]]>([
  [
    'a short token',
    { tokenRequests: [{ audience: 'a', expirationSeconds: 60 }] },
    ['spec.tokenRequests[0].expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes'],
  ],
  [
    'one audience twice',
    { tokenRequests: [{ audience: 'a' }, { audience: 'a' }] },
    ['spec.tokenRequests[1].audience: Duplicate value: "a"'],
  ],
  [
    'secrets without tokens',
    { serviceAccountTokenInSecrets: true },
    [
      'spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no tokenRequests are specified',
    ],
  ],
])('CSI driver: %s', (_, spec, errors) => {
  expect(createErrors(csiDriver, { spec })).toEqual(errors);
});

test('drivers of a node have names of their own and identities', () => {
  const drivers = [
    { name: 'd.example', nodeID: 'n', topologyKeys: ['zone', 'zone'] },
    { name: 'd.example', nodeID: '', allocatable: { count: -1 } },
  ];
  expect(createErrors(csiNode, { spec: { drivers } })).toEqual([
    'spec.drivers[0]: Duplicate value: "zone"',
    'spec.drivers[1].nodeID: Required value',
    'spec.drivers[1].allocatable.count: Invalid value: -1: must be greater than or equal to 0',
    'spec.drivers[1].name: Duplicate value: "d.example"',
  ]);
});

test('a volume attachment names one volume and keeps its spec', () => {
  const spec = { attacher: 'd.example', nodeName: 'n', source: { persistentVolumeName: 'pv' } };
  const old = created(volumeAttachment, { spec, status: { attached: true } });
  expect(old['status']).toEqual({ attached: false });
  expect(createErrors(volumeAttachment, { spec: { ...spec, source: {} } })).toEqual([
    'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
  ]);
  expect(updateErrors(volumeAttachment, { spec: { ...spec, nodeName: 'm' } }, old)).toEqual([
    'spec: Invalid value: {"Attacher":"d.example","Source":{"PersistentVolumeName":"pv","InlineVolumeSpec":null},"NodeName":"m"}: field is immutable',
  ]);
  const changed = updated(
    volumeAttachment,
    { spec: { ...spec, nodeName: 'm' }, status: { attached: true } },
    old,
    'status',
  );
  expect(changed).toMatchObject({ spec, status: { attached: true } });
});

test.each<[string, Body, string[]]>([
  ['CSI', { accessModes: ['ReadWriteOnce'], csi: { driver: 'd.example', volumeHandle: 'v' } }, []],
  [
    'what is for volumes that stay',
    { accessModes: ['ReadWriteOnce'], nfs: { server: 's', path: '/' }, storageClassName: 'c', volumeMode: 'Block' },
    [
      'csi: Required value: has to be specified in the context of inline volumes',
      'storageClassName: Forbidden: may not be specified in the context of inline volumes',
      'volumeMode: Forbidden: may not specify volumeMode other than Filesystem in the context of inline volumes',
    ],
  ],
])('volumes within an attachment: %s', (_, inlineVolumeSpec, errors) => {
  const spec = { attacher: 'd.example', nodeName: 'n', source: { inlineVolumeSpec } };
  expect(createErrors(volumeAttachment, { spec })).toEqual(
    errors.map((error) => `spec.source.inlineVolumeSpec.${error}`),
  );
});
