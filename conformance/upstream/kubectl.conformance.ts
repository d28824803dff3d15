// What kubectl must be able to do with the API alone, as upstream's test/e2e/kubectl/kubectl.go and
// test/e2e/apimachinery/crd_publish_openapi.go describe it.
import http from 'node:http';
import path from 'node:path';
import { expect } from '@jest/globals';
import { ApiClient, type Document } from '../api/support/client.ts';
import { describeKubectl } from '../kubectl/suite.ts';
import { until } from '../support/until.ts';
import { type CustomResource, type CustomResourceOptions, customResource } from './custom-resource.ts';
import { answered, standsFor } from './support.ts';

describeKubectl('kubectl', (suite) => {
  const k = () => suite().kubectl;
  const api = () => new ApiClient(suite().cluster);
  const client = '[sig-cli] Kubectl client';

  standsFor(
    `${client} Kubectl api-versions should check if v1 is in available api versions [Conformance]`,
    async () => {
      expect((await k().ok('api-versions')).split('\n')).toContain('v1');
    },
  );

  standsFor(
    `${client} Kubectl cluster-info should check if Kubernetes control plane services is included in cluster-info [Conformance]`,
    async () => {
      expect(await k().ok('cluster-info')).toMatch(/Kubernetes control plane.*is running at.*https:\/\//);
    },
  );

  standsFor(`${client} Kubectl version should check is all data is printed [Conformance]`, async () => {
    expect(await k().ok('version')).toMatch(/Client Version: v1\..*\n.*Server Version: v1\.36\./s);
  });

  standsFor(
    `${client} Kubectl run pod should create a pod from an image when restart is Never [Conformance]`,
    async () => {
      await k().ok('run e2e-test-httpd-pod --restart=Never --pod-running-timeout=2m0s --image=httpd');
      const pod = await k().json<Document>('get pod e2e-test-httpd-pod');
      expect([pod.spec.containers[0].image, pod.spec.restartPolicy]).toEqual(['httpd', 'Never']);
      await k().ok('delete pod e2e-test-httpd-pod --force');
    },
  );

  standsFor(
    `${client} Kubectl server-side dry-run should check if kubectl can dry-run update Pods [Conformance]`,
    async () => {
      await k().ok('run dry --image=one --labels=run=dry');
      const patch = JSON.stringify({ spec: { containers: [{ name: 'dry', image: 'two' }] } });
      await k().ok('patch pod dry --dry-run=server', { more: ['-p', patch] });
      expect((await k().json<Document>('get pod dry')).spec.containers[0].image).toBe('one');
      await k().ok('delete pod dry --force');
    },
  );

  standsFor(
    `${client} Kubectl diff should check if kubectl diff finds a difference for Deployments [Conformance]`,
    async () => {
      const yaml = await k().ok('create deployment differs --image=agnhost --dry-run=client -o yaml');
      await k().ok('create -f -', { input: yaml });
      const { code, stdout } = await k().run('diff -f -', { input: yaml.replace('agnhost', 'busybox') });
      expect(code).toBe(1);
      expect(stdout).toMatch(/^- .*image: agnhost$/m);
      expect(stdout).toMatch(/^\+ .*image: busybox$/m);
      const serverSide = await k().run('diff --server-side --force-conflicts -f -', {
        input: yaml.replace('agnhost', 'busybox'),
      });
      expect([serverSide.code, serverSide.stdout.includes('image: busybox')]).toEqual([1, true]);
      await k().ok('delete deployment differs');
    },
  );

  /** GET /api through a proxy that listens where `connect` says. */
  const throughProxy = (connect: http.RequestOptions) =>
    new Promise<Document>((resolve, reject) => {
      http
        .get({ path: '/api/', ...connect }, (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (more: string) => {
            text += more;
          });
          answer.on('end', () => resolve(JSON.parse(text)));
        })
        .on('error', reject);
    });

  standsFor(`${client} Proxy server should support proxy with --port 0 [Conformance]`, async () => {
    const proxy = k().start('proxy -p 0 --disable-filter');
    await proxy.until(/Starting to serve on 127\.0\.0\.1:\d+/);
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(proxy.stdout)![1]);
    expect((await throughProxy({ host: '127.0.0.1', port })).versions).toEqual(['v1']);
    await proxy.stop();
  });

  standsFor(`${client} Proxy server should support --unix-socket=/path [Conformance]`, async () => {
    const socketPath = path.join(k().folder, 'proxy.sock');
    const proxy = k().start(`proxy --unix-socket=${socketPath}`);
    await proxy.until(/Starting to serve on/);
    expect((await throughProxy({ socketPath })).versions).toEqual(['v1']);
    await proxy.stop();
  });

  const publishes = '[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin]';
  const foo = {
    type: 'object',
    description: 'Foo CRD for Testing',
    properties: {
      spec: {
        type: 'object',
        description: 'Specification of Foo',
        properties: {
          bars: {
            type: 'array',
            description: 'List of Bars and their specs.',
            items: {
              type: 'object',
              required: ['name'],
              properties: {
                name: { type: 'string', description: 'Name of Bar.' },
                age: { type: 'string', description: 'Age of Bar.' },
                feeling: { type: 'string', description: 'Whether Bar is feeling great.', enum: ['Great', 'Down'] },
                bazs: { type: 'array', description: 'List of Bazs.', items: { type: 'string' } },
              },
            },
          },
        },
      },
      status: { type: 'object', description: 'Status of Foo' },
    },
  };
  const waldo = { type: 'object', description: 'Waldo CRD for Testing', properties: { spec: { type: 'object' } } };
  const version = (name: string, schema: object, more: object = {}) => ({
    name,
    served: true,
    storage: false,
    schema: { openAPIV3Schema: schema },
    ...more,
  });

  const made = (options: CustomResourceOptions) => customResource(api(), { scope: 'Namespaced', ...options });
  /** A custom resource as JSON for kubectl, and how a client must name it. */
  const cr = (custom: CustomResource, name: string, more: object) => custom.object(name, more);

  /** The definition as OpenAPI v2 has it, in the version of that name; undefined where it has none. */
  async function published(custom: CustomResource, versionName: string): Promise<Document> {
    const { definitions } = await answered(200, api().get('/openapi/v2'));
    return Object.values<Document>(definitions).find((definition) =>
      (definition['x-kubernetes-group-version-kind'] ?? []).some(
        (gvk: Document) => gvk.group === custom.group && gvk.version === versionName && gvk.kind === custom.kind,
      ),
    );
  }

  async function described(custom: CustomResource, versionName: string, text: string): Promise<void> {
    await until(
      `${versionName} with ${text}`,
      async () => (await published(custom, versionName))?.description === text,
    );
  }

  standsFor(`${publishes} works for CRD with validation schema [Conformance]`, async () => {
    const custom = await made({ schema: foo });
    await described(custom, 'v1', 'Foo CRD for Testing');
    for (const verb of ['create', 'apply']) {
      await k().ok(`${verb} -f -`, { input: cr(custom, 'test-foo', { spec: { bars: [{ name: 'test-bar' }] } }) });
      await k().ok(`delete ${custom.plural} test-foo`);
      const wrong = (spec: object) => k().fails(`${verb} -f -`, { input: cr(custom, 'wrong', { spec }) });
      expect(await wrong({ bars: [{ name: 'b', feeling: 'NonExistentValue' }] })).toContain(
        'Unsupported value: "NonExistentValue"',
      );
      expect(await wrong({ foo: true })).toContain('unknown field "spec.foo"');
      expect(await wrong({ bars: [{ age: '10' }] })).toContain('spec.bars[0].name: Required value');
    }
    const explained = async (field: string, pattern: RegExp) =>
      expect(await k().ok(`explain ${custom.plural}${field}`)).toMatch(pattern);
    await explained(
      '',
      /DESCRIPTION:.*Foo CRD for Testing.*FIELDS:.*apiVersion.*<string>.*APIVersion defines.*spec.*<Object>.*Specification of Foo/s,
    );
    await explained('.metadata', /DESCRIPTION:.*Standard object's metadata.*FIELDS:.*creationTimestamp.*<string>/s);
    await explained('.spec', /DESCRIPTION:.*Specification of Foo.*FIELDS:.*bars.*<\[\]Object>.*List of Bars/s);
    await explained(
      '.spec.bars',
      /bars.*<\[\]Object>.*DESCRIPTION:.*List of Bars and their specs.*FIELDS:.*bazs.*<\[\]string>.*List of Bazs.*name.*<string>.*Name of Bar/s,
    );
    expect(await k().ok(`explain ${custom.plural} --recursive`)).toMatch(/bars\s+<\[\]Object>.*bazs\s+<\[\]string>/s);
    expect(await k().fails(`explain ${custom.plural}.spec.bars2`)).toContain('field "bars2" does not exist');
    await custom.remove();
  });

  /** Whatever is written is accepted, by create and by apply. */
  async function acceptsAnything(custom: CustomResource, more: object): Promise<void> {
    for (const verb of ['create', 'apply']) {
      await k().ok(`${verb} -f -`, { input: cr(custom, 'test-cr', more) });
      await k().ok(`delete ${custom.plural} test-cr`);
    }
  }

  standsFor(`${publishes} works for CRD without validation schema [Conformance]`, async () => {
    const custom = await made({});
    await until('the definition', () => published(custom, 'v1'));
    await acceptsAnything(custom, { a: { b: [{ c: 'd' }] } });
    expect(await k().ok(`explain ${custom.plural}`)).toMatch(/DESCRIPTION:.*<empty>/s);
    await custom.remove();
  });

  standsFor(`${publishes} works for CRD preserving unknown fields at the schema root [Conformance]`, async () => {
    const custom = await made({
      schema: {
        type: 'object',
        description: 'preserve-unknown-properties at root for Testing',
        'x-kubernetes-preserve-unknown-fields': true,
        properties: { spec: { type: 'object' }, status: { type: 'object' } },
      },
    });
    await until('the definition', () => published(custom, 'v1'));
    await acceptsAnything(custom, { a: { b: [{ c: 'd' }] } });
    expect(await k().ok(`explain ${custom.plural}`)).toMatch(new RegExp(`KIND:.*${custom.kind}`, 's'));
    await custom.remove();
  });

  standsFor(`${publishes} works for CRD preserving unknown fields in an embedded object [Conformance]`, async () => {
    const custom = await made({
      schema: {
        type: 'object',
        description: 'preserve-unknown-properties in nested field for Testing',
        properties: {
          spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    });
    await until('the definition', () => published(custom, 'v1'));
    await acceptsAnything(custom, { spec: { a: null, b: [{ c: 'd' }] } });
    expect(await k().ok(`explain ${custom.plural}`)).toMatch(
      /DESCRIPTION:.*preserve-unknown-properties in nested field for Testing/s,
    );
    await custom.remove();
  });

  standsFor(`${publishes} works for multiple CRDs of different groups [Conformance]`, async () => {
    const one = await made({ schema: foo });
    const other = await made({ versions: [version('v1beta1', waldo, { storage: true })] });
    expect(one.group).not.toBe(other.group);
    await described(one, 'v1', 'Foo CRD for Testing');
    await described(other, 'v1beta1', 'Waldo CRD for Testing');
    await one.remove();
    await other.remove();
  });

  standsFor(`${publishes} works for multiple CRDs of same group but different versions [Conformance]`, async () => {
    const multi = await made({ versions: [version('v2', foo, { storage: true }), version('v3', foo)] });
    await described(multi, 'v2', 'Foo CRD for Testing');
    await described(multi, 'v3', 'Foo CRD for Testing');
    const one = await made({ group: multi.group, versions: [version('v4', foo, { storage: true })] });
    const other = await made({ group: multi.group, versions: [version('v5', waldo, { storage: true })] });
    await described(one, 'v4', 'Foo CRD for Testing');
    await described(other, 'v5', 'Waldo CRD for Testing');
    for (const custom of [multi, one, other]) await custom.remove();
  });

  standsFor(
    `${publishes} works for multiple CRDs of same group and version but different kinds [Conformance]`,
    async () => {
      const one = await made({ schema: foo });
      const other = await made({ group: one.group, schema: waldo });
      await described(one, 'v1', 'Foo CRD for Testing');
      await described(other, 'v1', 'Waldo CRD for Testing');
      await one.remove();
      await other.remove();
    },
  );

  /** Replaces the definition's versions. */
  const setVersions = (custom: CustomResource, versions: readonly Document[]) =>
    answered(200, api().patch(custom.definitionPath, { spec: { versions } }));

  standsFor(`${publishes} updates the published spec when one version gets renamed [Conformance]`, async () => {
    const stored = version('v2', foo, { storage: true });
    const custom = await made({ versions: [stored, version('v3', foo)] });
    await described(custom, 'v3', 'Foo CRD for Testing');
    await setVersions(custom, [stored, version('v4', foo)]);
    await described(custom, 'v4', 'Foo CRD for Testing');
    await until('v3 to be gone', async () => (await published(custom, 'v3')) === undefined);
    await described(custom, 'v2', 'Foo CRD for Testing');
    await custom.remove();
  });

  standsFor(
    `${publishes} removes definition from spec when one version gets changed to not be served [Conformance]`,
    async () => {
      const stored = version('v5', foo, { storage: true });
      const custom = await made({ versions: [stored, version('v6alpha1', foo)] });
      await described(custom, 'v6alpha1', 'Foo CRD for Testing');
      await setVersions(custom, [stored, version('v6alpha1', foo, { served: false })]);
      await until('v6alpha1 to be gone', async () => (await published(custom, 'v6alpha1')) === undefined);
      await described(custom, 'v5', 'Foo CRD for Testing');
      await custom.remove();
    },
  );
});
