import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { formatWarnings } from './format-warnings.ts';

function definition(...formats: [type: string, format: string][]): KubeObject {
  const properties = Object.fromEntries(formats.map(([type, format], i) => [`p${i}`, { type, format }]));
  const versions = [{ name: 'v1', schema: { openAPIV3Schema: { type: 'object', properties } } }];
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: {}, spec: { versions } };
}

test('formats that nobody checks are warned of when they come', () => {
  const before = definition(['string', 'quantity']);
  const after = definition(['string', 'quantity'], ['integer', 'int16'], ['integer', 'int32'], ['string', 'date-time']);
  expect(formatWarnings(before, undefined)).toEqual(['unrecognized format "quantity"']);
  expect(formatWarnings(after, before)).toEqual(['unrecognized format "int16"']);
});
