import { describe, expect, test } from '@jest/globals';
import { StatusError } from '../../apimachinery/status.ts';
import { negotiate, negotiatePlain } from './negotiate.ts';

const pod = { group: '', version: 'v1', kind: 'Pod' };
const custom = { group: 'example.com', version: 'v1', kind: 'Widget' };
const protobuf = 'application/vnd.kubernetes.protobuf';
const as = (what: string, version = 'v1') => `;as=${what};v=${version};g=meta.k8s.io`;

/** `type` or `type as what in version`; the message where there is none. */
function outcome(accept: string | undefined, kind = pod): string {
  try {
    const { mediaType, as, metaVersion } = negotiate(accept === undefined ? {} : { accept }, kind);
    return as === undefined ? mediaType : `${mediaType} as ${as} in ${metaVersion}`;
  } catch (error) {
    if (error instanceof StatusError) return `${error.code} ${error.message}`;
    throw error;
  }
}

const nothing =
  '406 only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf';

describe('what a client is sent', () => {
  test.each<[string | undefined, string]>([
    [undefined, 'application/json'],
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['application/yaml', 'application/yaml'],
    [protobuf, protobuf],
    [`${protobuf},application/json`, protobuf],
    [`application/json, ${protobuf}`, 'application/json'],
    [`${protobuf};q=0.5, application/json;q=0.9`, 'application/json'],
    [`${protobuf};stream=watch`, protobuf],
    [`${protobuf};stream=other,application/yaml`, 'application/yaml'],
    ['text/html, application/xml;q=0.9, */*;q=0.8', 'application/json'],
    [`application/json${as('Table')},application/json`, 'application/json as Table in v1'],
    [`${protobuf}${as('Table')},application/json${as('Table', 'v1beta1')}`, 'application/json as Table in v1beta1'],
    [`${protobuf}${as('PartialObjectMetadata')}`, `${protobuf} as PartialObjectMetadata in v1`],
    [`${protobuf}${as('Table')}`, nothing],
    ['text/html', nothing],
    ['toString', nothing],
  ])('%s', (accept, expected) => {
    expect(outcome(accept)).toBe(expected);
  });

  test('custom resources have no protobuf form but for their metadata', () => {
    expect(outcome(`${protobuf},application/json`, custom)).toBe('application/json');
    expect(outcome(protobuf, custom)).toBe(nothing);
    const metadata = as('PartialObjectMetadataList');
    expect(outcome(protobuf + metadata, custom)).toBe(`${protobuf} as PartialObjectMetadataList in v1`);
  });

  test('a Status is never turned into anything else, and JSON where nothing accepted will do', () => {
    const typeOf = (accept: string) => negotiatePlain({ accept }).mediaType;
    expect(typeOf(protobuf)).toBe(protobuf);
    expect(typeOf('application/yaml')).toBe('application/yaml');
    expect(typeOf(`application/json${as('Table')},application/yaml`)).toBe('application/yaml');
    expect(typeOf(`${protobuf}${as('Table')}`)).toBe('application/json');
    expect(typeOf('text/html')).toBe('application/json');
  });
});
