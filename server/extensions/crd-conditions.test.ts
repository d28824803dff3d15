// Names and conditions of definitions, as a table of what there is and what must be.
import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../apimachinery/object.ts';
import { settledStatus } from './crd-conditions.ts';

const now = '2026-01-01T00:00:00Z';

interface Facts {
  group?: string;
  names?: object;
  status?: object;
  annotation?: string;
  conversion?: object;
  created?: string;
}

function crd(
  name: string,
  { group = 'test.io', names = {}, status, annotation, conversion, created = now }: Facts = {},
) {
  const [plural] = name.split('.');
  const kind = plural!.charAt(0).toUpperCase() + plural!.slice(1, -1);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      uid: name,
      creationTimestamp: created,
      ...(annotation === undefined ? {} : { annotations: { 'api-approved.kubernetes.io': annotation } }),
    },
    spec: {
      group,
      names: { plural, singular: plural!.slice(0, -1), kind, listKind: `${kind}List`, ...names },
      scope: 'Cluster',
      versions: [],
      ...(conversion === undefined ? {} : { conversion }),
    },
    ...(status === undefined ? {} : { status }),
  } as unknown as KubeObject;
}

function accepted(definition: KubeObject): KubeObject {
  return { ...definition, status: { ...settledStatus(definition, [definition], now) } };
}

const told = (definition: KubeObject, others: KubeObject[] = []) => {
  const { conditions } = settledStatus(definition, [definition, ...others], now);
  return Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]));
};

describe('settledStatus', () => {
  test('accepts names that nobody has, and establishes', () => {
    const status = settledStatus(crd('cups'), [crd('cups')], now);
    expect(status.acceptedNames).toEqual({ plural: 'cups', singular: 'cup', kind: 'Cup', listKind: 'CupList' });
    expect(status.conditions).toEqual([
      {
        type: 'NamesAccepted',
        status: 'True',
        lastTransitionTime: now,
        reason: 'NoConflicts',
        message: 'no conflicts found',
      },
      {
        type: 'Established',
        status: 'True',
        lastTransitionTime: now,
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
      },
    ]);
  });

  test('is the same again for what it made, and keeps times of conditions that stay', () => {
    const before = accepted(crd('cups'));
    expect(settledStatus(before, [before], '2027-01-01T00:00:00Z')).toEqual(before['status']);
  });

  test.each([
    ['plural', { plural: 'cups' }, 'PluralConflict'],
    ['singular', { singular: 'cup' }, 'SingularConflict'],
    ['short name', { shortNames: ['c', 'free'] }, 'ShortNamesConflict'],
    ['kind', { kind: 'Cup' }, 'KindConflict'],
    ['list kind', { listKind: 'CupList' }, 'ListKindConflict'],
    ['singular that is a short name', { singular: 'c' }, 'SingularConflict'],
  ])('refuses a %s that another of the group has', (_what, names, reason) => {
    const holder = accepted(crd('cups', { names: { shortNames: ['c'] } }));
    expect(told(crd('mugs', { names }), [holder])).toEqual({
      NamesAccepted: `False ${reason}`,
      Established: 'False NotAccepted',
    });
    expect(told(crd('mugs', { group: 'other.io', names }), [holder])).toMatchObject({
      Established: 'True InitialNamesAccepted',
    });
  });

  test('names what is in use', () => {
    const holder = accepted(crd('cups', { names: { shortNames: ['a', 'b'] } }));
    const message = (shortNames: string[]) =>
      settledStatus(crd('mugs', { names: { shortNames } }), [holder], now).conditions[0]!.message;
    expect(message(['a'])).toBe('"a" is already in use');
    expect(message(['a', 'x', 'b'])).toBe('["a" is already in use, "b" is already in use]');
  });

  test('an established definition that asks for a taken name keeps what it has', () => {
    const holder = accepted(crd('cups', { names: { shortNames: ['c'] } }));
    const before = accepted(crd('mugs', { names: { shortNames: ['m'] } }));
    const spec = { ...before['spec'], names: { ...before['spec'].names, shortNames: ['m', 'c'], categories: ['all'] } };
    const { acceptedNames, conditions } = settledStatus({ ...before, spec }, [holder], now);
    expect([acceptedNames.shortNames, acceptedNames.categories]).toEqual([['m'], ['all']]);
    expect(conditions.map(({ type, status }) => `${type} ${status}`)).toEqual([
      'NamesAccepted False',
      'Established True',
    ]);
  });

  test('of two that got a name at the same time the older one keeps it', () => {
    const names = { shortNames: ['c'] };
    const older = accepted(crd('cups', { names, created: '2026-01-01T00:00:00Z' }));
    const younger = accepted(crd('mugs', { names, created: '2026-01-01T00:00:01Z' }));
    expect(told(older, [younger])['NamesAccepted']).toBe('True NoConflicts');
    const { acceptedNames } = settledStatus(younger, [older, younger], now);
    expect([told(younger, [older])['NamesAccepted'], acceptedNames.shortNames]).toEqual([
      'False ShortNamesConflict',
      undefined,
    ]);
    const sameKind = accepted(crd('mugs', { names: { kind: 'Cup' }, created: '2026-01-01T00:00:01Z' }));
    expect(told(sameKind, [older])).toEqual({ NamesAccepted: 'False KindConflict', Established: 'False NotAccepted' });
  });

  test.each([
    [undefined, 'False MissingAnnotation'],
    ['unapproved, legacy', 'False UnapprovedAnnotation'],
    ['https://github.com/kubernetes/kubernetes/pull/1', 'True ApprovedAnnotation'],
    ['because', 'False InvalidAnnotation'],
  ])('says of a protected group with annotation %s: %s', (annotation, condition) => {
    const facts = annotation === undefined ? {} : { annotation };
    for (const group of ['x.k8s.io', 'kubernetes.io'])
      expect(told(crd('cups', { group, ...facts }))['KubernetesAPIApprovalPolicyConformant']).toBe(condition);
    expect(told(crd('cups', { group: 'notk8s.io', ...facts }))).not.toHaveProperty(
      'KubernetesAPIApprovalPolicyConformant',
    );
  });

  test('does not establish with a CA bundle that is none', () => {
    const conversion = { strategy: 'Webhook', webhook: { clientConfig: { url: 'https://x', caBundle: 'bm9wZQ==' } } };
    expect(told(crd('cups', { conversion }))).toEqual({
      NamesAccepted: 'True NoConflicts',
      Established: 'False InvalidCABundle',
    });
  });
});
