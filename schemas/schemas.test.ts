import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { descriptionsOf, fieldNameOf, modelFileOf, parseModel } from './descriptions.ts';
import { allDefinitions, type Definition, definitionNamed, definitionOf, dereference, type Type } from './schemas.ts';

const core = 'io.k8s.api.core.v1';

function fieldType(definition: string, field: string): Type {
  return definitionNamed(definition)!.fields.get(field)!.type;
}

describe('lookup', () => {
  test('by group, version and kind', () => {
    expect(definitionOf({ group: 'apps', version: 'v1', kind: 'Deployment' })!.name).toBe(
      'io.k8s.api.apps.v1.Deployment',
    );
    expect(definitionOf({ group: '', version: 'v1', kind: 'Deployment' })).toBeUndefined();
  });

  test('types as Go prints them', () => {
    expect(fieldType(`${core}.PodSpec`, 'containers').goName).toBe('[]v1.Container');
    expect(fieldType(`${core}.PodSpec`, 'restartPolicy').goName).toBe('v1.RestartPolicy');
    expect(fieldType(`${core}.Secret`, 'data').goName).toBe('map[string][]uint8');
    expect(fieldType(`${core}.ResourceRequirements`, 'limits').goName).toBe('v1.ResourceList');
    expect(dereference(fieldType(`${core}.EmptyDirVolumeSource`, 'sizeLimit'))).toMatchObject({
      kind: 'special',
      special: 'Quantity',
      goName: 'resource.Quantity',
    });
  });

  test('fields keep what patches and defaults need', () => {
    expect(definitionNamed(`${core}.PodSpec`)!.fields.get('containers')).toMatchObject({
      always: true,
      required: true,
      patchStrategy: 'merge',
      patchMergeKey: 'name',
      listType: 'map',
      listMapKeys: ['name'],
      proto: 2,
    });
    expect(definitionNamed(`${core}.Volume`)!.fields.get('emptyDir')).toMatchObject({
      via: ['VolumeSource'],
      proto: [2, 2],
    });
  });

  test('every type resolves', () => {
    const fields = [...allDefinitions()].flatMap((definition) => [...definition.fields.values()]);
    expect(fields.length).toBeGreaterThan(2000);
    expect(fields.filter(({ type }) => type.goName === '')).toEqual([]);
  });
});

describe("the facts and the client's models", () => {
  const declared = /^ {4}'([^']+)'\??:/gm;
  const isDescribed = (definition: Definition): boolean => modelFileOf(definition) !== undefined;

  test('have the same fields', () => {
    const differences: string[] = [];
    for (const definition of allDefinitions()) {
      const file = modelFileOf(definition);
      if (file === undefined) continue;
      const model = [...readFileSync(file, 'utf8').matchAll(declared)].map(([, name]) =>
        fieldNameOf(name!, definition),
      );
      const facts = [...definition.fields.keys()];
      const missing = model.filter((name) => !facts.includes(name)).map((name) => `${definition.name}.${name} is new`);
      const gone = facts.filter((name) => !model.includes(name)).map((name) => `${definition.name}.${name} is gone`);
      differences.push(...missing, ...gone);
    }
    expect(differences).toEqual([]);
  });

  test('have the same types', () => {
    const used = new Set([...allDefinitions()].filter(isDescribed).map(modelFileOf));
    const folder = modelFileOf(definitionNamed(`${core}.Pod`)!)!.replace(/[^/\\]+$/, '');
    // The package also holds files of earlier releases; this one lists what is current, alpha and beta versions among it.
    const listed = [...readFileSync(`${folder}all.d.ts`, 'utf8').matchAll(/models\/(\w+)\.js/g)].map(
      ([, name]) => name!,
    );
    // GroupResource is only part of a beta type.
    const stable = listed.filter((name) => /V[12][A-Z]/.test(name) && name !== 'V1GroupResource');
    expect(stable.length).toBeGreaterThan(400);
    expect(stable.filter((name) => !used.has(`${folder}${name}.d.ts`))).toEqual([]);
  });
});

describe('descriptions', () => {
  test('of types and fields', () => {
    const pod = descriptionsOf(definitionNamed(`${core}.ContainerPort`)!);
    expect(pod.type).toBe('ContainerPort represents a network port in a single container.');
    expect(pod.fields.get('protocol')).toContain('Defaults to "TCP"');
  });

  test('fields whose type is another definition have texts too, and paragraphs are kept', () => {
    const volume = descriptionsOf(definitionNamed(`${core}.PersistentVolumeSpec`)!);
    expect(volume.fields.get('claimRef')).toMatch(/^claimRef is part of/);
    const driver = descriptionsOf(definitionNamed('io.k8s.api.storage.v1.CSIDriverSpec')!);
    expect(driver.fields.get('attachRequired')).toContain('\n\nThis field is immutable.');
  });

  test('paragraphs', () => {
    const meta = descriptionsOf(definitionNamed('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')!);
    expect(meta.fields.get('creationTimestamp')).toContain('UTC.\n\nPopulated by the system.');
  });

  test('every definition has one', () => {
    const silent = [...allDefinitions()].filter((definition) => descriptionsOf(definition).type === '');
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  test('reading a model', () => {
    const source = `/**
 * The whole API
 */
/**
* A thing\\'s shape.
*/
export declare class V1Thing {
    /**
    * Says \\"hello\\".
    */
    'hello'?: string;
    'bare': string;
}`;
    expect(parseModel(source)).toEqual({ type: "A thing's shape.", fields: new Map([['hello', 'Says "hello".']]) });
  });
});
