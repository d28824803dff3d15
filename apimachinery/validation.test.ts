import { describe, expect, test } from '@jest/globals';
import { fieldErrorMessage } from './field.ts';
import {
  isValidCIDR,
  isValidIP,
  isValidIPForLegacyField,
  parseCIDRSloppy,
  parseIPSloppy,
  warningsForCIDR,
} from './ip.ts';
import {
  isDNS1035Label,
  isDNS1123Label,
  isDNS1123Subdomain,
  isLabelKey,
  isLabelValue,
  isPathSegmentName,
  isValidPortName,
  nameIsDNSSubdomain,
} from './names.ts';
import type { ObjectMeta } from './object.ts';
import {
  validateConditions,
  validateLabelSelector,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from './validation.ts';

describe('names', () => {
  test.each([
    [isDNS1123Label, 'a-1', 'a.b', 'must not contain dots'],
    [isDNS1123Label, '1a', 'A', 'a lowercase RFC 1123 label must consist of'],
    [isDNS1123Subdomain, 'a.b-c.d', 'a..b', 'a lowercase RFC 1123 subdomain must consist of'],
    [isDNS1123Subdomain, 'a', 'a'.repeat(254), 'must be no more than 253 characters'],
    [isDNS1035Label, 'a1', '1a', 'a DNS-1035 label must consist of'],
    [isLabelKey, 'x.example/A_b.c', 'x/y/z', 'a valid label key must consist of'],
    [isLabelKey, 'a', '/a', 'prefix part must be non-empty'],
    [isLabelKey, 'a', `a${'b'.repeat(63)}`, 'name part must be no more than 63 bytes'],
    [isLabelValue, '', 'a b', 'a valid label must be an empty string or consist of'],
    [isPathSegmentName, 'a:b', 'a/b', "may not contain '/'"],
    [isPathSegmentName, '...', '..', "may not be '..'"],
    [isValidPortName, 'http-1', 'a--b', 'must not contain consecutive hyphens'],
  ] as const)('%p accepts %s and refuses %s', (check, good, bad, message) => {
    expect(check(good)).toEqual([]);
    expect(check(bad).join()).toContain(message);
  });

  test('a generateName may end in a dash', () => {
    expect(nameIsDNSSubdomain('a-', true)).toEqual([]);
    expect(nameIsDNSSubdomain('a-', false)).toHaveLength(1);
  });
});

describe('IP addresses', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['010.0.0.1', '10.0.0.1'],
    ['::', '::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['10.0.0', undefined],
    ['1::2::3', undefined],
    ['256.0.0.1', undefined],
    ['fe80::1%eth0', undefined],
  ])('parses %s', (text, canonical) => {
    expect(parseIPSloppy(text)?.text).toBe(canonical);
  });

  test('CIDRs', () => {
    expect(parseCIDRSloppy('10.1.2.3/8')?.text).toBe('10.0.0.0/8');
    expect(parseCIDRSloppy('2001:db8::1/64')?.text).toBe('2001:db8::/64');
    expect(parseCIDRSloppy('10.0.0.0/33')).toBeUndefined();
  });

  test('strict and canonical forms', () => {
    const messages = [
      ...isValidIP('ip', '010.0.0.1'),
      ...isValidIP('ip', '::FFFF:1.2.3.4'),
      ...isValidIP('ip', '2001:DB8::1'),
      ...isValidIPForLegacyField('ip', '2001:DB8::1'),
      ...isValidCIDR('c', '10.0.0.1/8'),
      ...isValidCIDR('c', 'x'),
    ].map(fieldErrorMessage);
    expect(messages).toEqual([
      'ip: Invalid value: "010.0.0.1": must not have leading 0s',
      'ip: Invalid value: "::FFFF:1.2.3.4": must not be an IPv4-mapped IPv6 address',
      'ip: Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")',
      'c: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length',
      'c: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ]);
    expect(warningsForCIDR('c', '10.0.0.1/8')).toEqual([
      'c: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)',
    ]);
  });
});

describe('metadata', () => {
  const rules = { namespaced: true, validateName: nameIsDNSSubdomain };
  const good: ObjectMeta = { name: 'a', namespace: 'n', resourceVersion: '1', uid: 'u', creationTimestamp: 't' };

  function messages(meta: ObjectMeta): string[] {
    return validateObjectMeta(meta, rules).map(fieldErrorMessage);
  }

  test('accepts an ordinary object', () => {
    expect(messages({ ...good, labels: { a: 'b' }, annotations: { 'X.example/A': '' }, finalizers: ['x/y'] })).toEqual(
      [],
    );
  });

  test.each<[string, ObjectMeta, string]>([
    ['no name', { namespace: 'n' }, 'metadata.name: Required value: name or generateName is required'],
    ['no namespace', { name: 'a' }, 'metadata.namespace: Required value'],
    [
      'two controllers',
      {
        ...good,
        ownerReferences: [
          { apiVersion: 'v1', kind: 'K', name: 'a', uid: '1', controller: true },
          { apiVersion: 'v1', kind: 'K', name: 'b', uid: '2', controller: true },
        ],
      },
      'metadata.ownerReferences: Invalid value: [{"apiVersion":"v1","kind":"K","name":"a","uid":"1","controller":true},{"apiVersion":"v1","kind":"K","name":"b","uid":"2","controller":true}]: Only one reference can have Controller set to true. Found "true" in references for K/a and K/b',
    ],
    [
      'too many annotations',
      { ...good, annotations: { a: 'x'.repeat(256 * 1024) } },
      'metadata.annotations: Too long: may not be more than 262144 bytes',
    ],
    [
      'both deletion finalizers',
      { ...good, finalizers: ['orphan', 'foregroundDeletion'] },
      'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
    ],
  ])('%s', (_, meta, message) => {
    expect(messages(meta)).toEqual([message]);
  });

  test('what an update may not change', () => {
    const old = { ...good, deletionTimestamp: 'd', finalizers: ['x/a'] };
    const changed = { ...old, name: 'b', uid: 'v', resourceVersion: '', finalizers: ['x/a', 'x/b'] };
    expect(validateObjectMetaUpdate(changed, old).map(fieldErrorMessage)).toEqual([
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x/b"}',
      'metadata.resourceVersion: Invalid value: "": must be specified for an update',
      'metadata.name: Invalid value: "b": field is immutable',
      'metadata.uid: Invalid value: "v": field is immutable',
    ]);
    expect(validateObjectMetaUpdate(good, good)).toEqual([]);
  });
});

test('label selectors', () => {
  const errors = validateLabelSelector(
    {
      matchLabels: { 'a b': 'c' },
      matchExpressions: [
        { key: 'k', operator: 'In' },
        { key: 'k', operator: 'Exists', values: ['v'] },
        { key: 'k', operator: 'Is' },
      ],
    },
    'spec.selector',
  );
  expect(errors.map((error) => `${error.type} ${error.field}`)).toEqual([
    'FieldValueInvalid spec.selector.matchLabels',
    'FieldValueRequired spec.selector.matchExpressions[0].values',
    'FieldValueForbidden spec.selector.matchExpressions[1].values',
    'FieldValueInvalid spec.selector.matchExpressions[2].operator',
  ]);
});

test('conditions', () => {
  const condition = { type: 'Ready', status: 'True', reason: 'Ok', lastTransitionTime: 't' };
  expect(validateConditions([condition], 'c')).toEqual([]);
  const errors = validateConditions([condition, { type: 'Ready', status: 'Yes', reason: '1' }], 'c');
  expect(errors.map((error) => `${error.type} ${error.field}`)).toEqual([
    'FieldValueDuplicate c[1].type',
    'FieldValueNotSupported c[1].status',
    'FieldValueRequired c[1].lastTransitionTime',
    'FieldValueInvalid c[1].reason',
  ]);
});
