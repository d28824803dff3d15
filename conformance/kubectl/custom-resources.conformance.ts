// kubectl over a custom resource, right after its definition: wait, discovery, columns, explain, validation, scale, both forms of apply, delete
// (stands for [sig-cli] Kubectl client "validation" and "explain" of custom resources in upstream's e2e suite).
import { expect, test } from '@jest/globals';
import type { Document } from '../api/support/client.ts';
import { definition } from '../api/support/custom.ts';
import { describeKubectl } from './suite.ts';

const schema = {
  openAPIV3Schema: {
    type: 'object',
    description: 'A pot in which something is brewed.',
    properties: {
      spec: {
        type: 'object',
        required: ['tea'],
        properties: {
          tea: { type: 'string', description: 'What is brewed.', enum: ['green', 'black'] },
          cups: { type: 'integer', default: 1 },
        },
      },
      status: { type: 'object', properties: { cups: { type: 'integer' } } },
    },
  },
};

const teapots = definition('kitchen.io', 'Teapot', {
  names: { plural: 'teapots', singular: 'teapot', kind: 'Teapot', shortNames: ['tp'], categories: ['all'] },
  versions: [
    {
      name: 'v1',
      served: true,
      storage: true,
      schema,
      subresources: { status: {}, scale: { specReplicasPath: '.spec.cups', statusReplicasPath: '.status.cups' } },
      additionalPrinterColumns: [
        { name: 'Tea', type: 'string', jsonPath: '.spec.tea' },
        { name: 'Cups', type: 'integer', jsonPath: '.spec.cups', priority: 1 },
      ],
    },
  ],
});

const teapot = (name: string, spec: object): Document => ({
  apiVersion: 'kitchen.io/v1',
  kind: 'Teapot',
  metadata: { name },
  spec,
});

describeKubectl('a custom resource', (suite) => {
  test('is used as soon as its definition is established', async () => {
    const { kubectl } = suite();
    await kubectl.ok('apply -f -', { input: teapots });
    await kubectl.ok('wait --for=condition=Established crd/teapots.kitchen.io --timeout=30s');
    expect(await kubectl.ok('api-resources --api-group kitchen.io --no-headers')).toMatch(
      /^teapots\s+tp\s+kitchen\.io\/v1\s+true\s+Teapot/,
    );
    expect(await kubectl.ok('apply -f -', { input: teapot('one', { tea: 'green' }) })).toContain(
      'teapot.kitchen.io/one created',
    );
    expect(await kubectl.ok('get tp --no-headers')).toMatch(/^one\s+green\s*$/);
    expect(await kubectl.ok('get tp one --no-headers -o wide')).toMatch(/^one\s+green\s+1\s*$/);
    expect(await kubectl.ok('get all')).toContain('teapot.kitchen.io/one');
    expect(await kubectl.ok('explain teapot.spec.tea')).toContain('What is brewed.');
    expect(await kubectl.ok('explain tp --recursive')).toMatch(/cups\s+<integer>/);
  });

  test('is validated before and by the server', async () => {
    const { kubectl } = suite();
    const unknown = await kubectl.run('create -f -', { input: teapot('two', { tea: 'black', sugar: true }) });
    expect(unknown.stderr).toContain('strict decoding error: unknown field "spec.sugar"');
    const missing = await kubectl.run('create -f -', { input: teapot('two', {}) });
    expect(missing.stderr).toContain('The Teapot "two" is invalid: spec.tea: Required value');
    const warned = await kubectl.run('create --validate=warn -f -', {
      input: teapot('two', { tea: 'black', milk: 1 }),
    });
    expect([warned.code, warned.stderr]).toEqual([0, expect.stringContaining('unknown field "spec.milk"')]);
  });

  test('is scaled, patched, edited by both forms of apply, and deleted', async () => {
    const { kubectl } = suite();
    await kubectl.ok('apply -f -', { input: teapot('three', { tea: 'green' }) });
    expect(await kubectl.ok('scale teapot three --replicas=5')).toContain('scaled');
    expect(await kubectl.ok('get tp three -o jsonpath={.spec.cups}')).toBe('5');
    const strategic = await kubectl.run('patch tp three -p {"spec":{"cups":6}}');
    expect(strategic.stderr).toContain('application/strategic-merge-patch+json is not supported by kitchen.io/v1');
    await kubectl.ok('patch tp three --type merge -p {"spec":{"cups":6}}');
    expect(await kubectl.ok('apply -f -', { input: teapot('three', { tea: 'black' }) })).toContain('configured');
    expect(
      await kubectl.ok('apply --server-side --force-conflicts -f -', { input: teapot('three', { tea: 'green' }) }),
    ).toContain('serverside-applied');
    expect(await kubectl.ok('get tp three -o jsonpath={.spec}')).toBe('{"cups":6,"tea":"green"}');
    await kubectl.ok('delete tp three');
    await kubectl.ok('delete crd teapots.kitchen.io');
    const gone = await kubectl.run('get tp');
    expect(gone.stderr).toMatch(/doesn't have a resource type|could not find the requested resource/);
  });
});
