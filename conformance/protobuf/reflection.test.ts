// Every built-in kind, both ways between our protobuf and that of protobufjs, which knows the field numbers and nothing else of ours.
import { describe, expect, test } from '@jest/globals';
import { normalize } from '../../apimachinery/decode/normalize.ts';
import { apiVersionOf, type JsonObject, type KubeObject } from '../../apimachinery/object.ts';
import { decodeProtobuf } from '../../apimachinery/protobuf/decode.ts';
import { encodeProtobuf } from '../../apimachinery/protobuf/encode.ts';
import { sample } from '../../apimachinery/protobuf/samples.ts';
import { watchFrame } from '../../apimachinery/protobuf/watch-frame.ts';
import { allDefinitions, type Definition, definitionNamed } from '../../schemas/schemas.ts';
import { fromWire, type Json, messageFor, shown, toWire, unknownMessage, watchEventMessage } from './reflection.ts';

const magic = Buffer.from('k8s\0');
const variants = 5;

/** Kinds that go over the wire by themselves. A WatchEvent never does: it has no envelope, see below. */
const kinds = [...allDefinitions()].flatMap((definition) => {
  const kind = definition.kinds[0];
  return kind === undefined || kind.kind === 'WatchEvent'
    ? []
    : [{ definition, apiVersion: apiVersionOf(kind.group, kind.version), kind: kind.kind }];
});

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const zeros: Readonly<Record<string, unknown>> = { number: 0, boolean: false };

/** A copy with some fields left out, some lists shorter, and some numbers and booleans zero. */
function thinned(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.filter(() => random() < 0.7).map((item) => thinned(item, random));
  if (typeof value === 'object' && value !== null) {
    const kept = Object.entries(value).filter(() => random() < 0.7);
    return Object.fromEntries(kept.map(([key, item]) => [key, thinned(item, random)]));
  }
  return (typeof value) in zeros && random() < 0.3 ? zeros[typeof value] : value;
}

/** The object with every field set, and others made of it, in the form in which they are stored. */
function objectsOf(definition: Definition, apiVersion: string, kind: string): Json[] {
  const full = sample(definition.name);
  const random = randomFrom(definition.name.length);
  const all = [full, ...Array.from({ length: variants }, () => thinned(full, random) as Json)];
  return all.map((object) => ({ ...normalize(object, definition, 'stored'), apiVersion, kind }));
}

function opened(body: Buffer): { typeMeta: unknown; raw: Buffer } {
  expect(body.subarray(0, magic.length)).toEqual(magic);
  const envelope = unknownMessage();
  const { typeMeta, raw } = envelope.toObject(envelope.decode(body.subarray(magic.length)));
  return { typeMeta, raw: raw as Buffer };
}

function sealed(apiVersion: string, kind: string, raw: Uint8Array): Buffer {
  const bytes = unknownMessage().encode({ typeMeta: { apiVersion, kind }, raw }).finish();
  return Buffer.concat([magic, bytes]);
}

test('there are the kinds that are served, their lists, and what goes with requests', () => {
  const names = kinds.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`);
  expect(names.length).toBeGreaterThan(130);
  expect(names).toEqual(
    expect.arrayContaining(['v1 Pod', 'v1 PodList', 'v1 Status', 'v1 DeleteOptions', 'v1 APIGroup']),
  );
});

describe.each(kinds)('$apiVersion $kind', ({ definition, apiVersion, kind }) => {
  const objects = objectsOf(definition, apiVersion, kind);
  const message = messageFor(definition);

  test('what we write, protobufjs reads', () => {
    for (const object of objects) {
      const { typeMeta, raw } = opened(encodeProtobuf(object as JsonObject));
      expect(typeMeta).toEqual({ apiVersion, kind });
      expect(fromWire(message, raw)).toEqual(shown(message, toWire(object, definition)));
    }
  });

  test('what protobufjs writes, we read', () => {
    for (const object of objects) {
      const raw = message.encode(message.fromObject(toWire(object, definition))).finish();
      expect(normalize(decodeProtobuf(sealed(apiVersion, kind, raw)), definition, 'stored')).toEqual(
        normalize(object, definition, 'stored'),
      );
    }
  });

  test('there and back again is the same', () => {
    for (const object of objects) {
      const back = decodeProtobuf(encodeProtobuf(object as KubeObject));
      expect(normalize(back, definition, 'stored')).toEqual(normalize(object, definition, 'stored'));
    }
  });
});

test('partial metadata, alone and in a list', () => {
  const metadata = sample('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');
  const pod = definitionNamed('io.k8s.api.core.v1.Pod')!;
  const partial = { apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadata', metadata };
  const one = opened(encodeProtobuf(partial as JsonObject));
  // Its one field is where every kind has it.
  expect(fromWire(messageFor(pod), one.raw)).toEqual(shown(messageFor(pod), toWire({ metadata }, pod)));

  const pods = definitionNamed('io.k8s.api.core.v1.PodList')!;
  const list = { metadata: { resourceVersion: '7' }, items: [{ metadata }, { metadata: { name: 'b' } }] };
  const many = opened(
    encodeProtobuf({
      apiVersion: 'meta.k8s.io/v1',
      kind: 'PartialObjectMetadataList',
      ...list,
    } as unknown as JsonObject),
  );
  expect(fromWire(messageFor(pods), many.raw)).toEqual(shown(messageFor(pods), toWire(list, pods)));
});

test('a watch event is a frame with a length, and a whole body within', () => {
  const body = encodeProtobuf({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } } as JsonObject);
  const frame = watchFrame('ADDED', body);
  expect(frame.readUInt32BE()).toBe(frame.length - 4);
  const event = watchEventMessage().toObject(watchEventMessage().decode(frame.subarray(4)));
  expect(event).toEqual({ type: 'ADDED', object: { raw: body } });
});
