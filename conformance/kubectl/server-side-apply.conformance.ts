// kubectl's side of server-side apply: managers, conflicts and force, the way over from client-side apply, what the last-applied commands, diff,
// apply sets, validation and subresources make of it.
import { expect, test } from '@jest/globals';
import type { Document } from '../api/support/client.ts';
import { describeKubectl } from './suite.ts';

const configMap = (name: string, data: object): Document => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

describeKubectl('server-side apply', (suite) => {
  const k = () => suite().kubectl;
  const serverSide = 'apply --server-side -f -';
  const managers = async (resource: string) => {
    const { metadata } = await k().json<Document>(`get ${resource} --show-managed-fields`);
    return metadata.managedFields.map(({ manager, operation }: Document) => `${manager} ${operation}`).sort();
  };
  const data = (name: string) => k().ok(`get configmap ${name} -o jsonpath={.data}`);

  test('managers, conflicts, force, and shared fields', async () => {
    const applied = (by: string, values: object, more = '') =>
      k().run(`${serverSide} --field-manager=${by} ${more}`, { input: configMap('shared', values) });
    expect((await applied('one', { a: '1', b: '1' })).stdout).toBe('configmap/shared serverside-applied\n');
    expect(await applied('two', { a: '2' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Apply failed with 1 conflict: conflict with "one": .data.a'),
    });
    expect(await data('shared')).toBe('{"a":"1","b":"1"}');
    expect((await applied('two', { a: '2' }, '--force-conflicts')).code).toBe(0);
    expect((await applied('one', { b: '1', c: '1' })).code).toBe(0);
    expect(await data('shared')).toBe('{"a":"2","b":"1","c":"1"}');
    // Applied with the same value it belongs to both, and goes when both have let go of it.
    expect((await applied('one', { a: '2', b: '1' })).code).toBe(0);
    expect((await applied('two', {})).code).toBe(0);
    expect(await data('shared')).toBe('{"a":"2","b":"1"}');
    expect((await applied('one', { b: '1' })).code).toBe(0);
    expect(await data('shared')).toBe('{"b":"1"}');
    // Who applied an empty map still has the map.
    expect(await managers('configmap/shared')).toEqual(['one Apply', 'two Apply']);
  });

  test('the way over from client-side apply, and back', async () => {
    await k().ok('apply -f -', { input: configMap('migrated', { a: '1', b: '1' }) });
    expect(await managers('configmap/migrated')).toEqual(['kubectl-client-side-apply Update']);
    await k().ok(serverSide, { input: configMap('migrated', { a: '1' }) });
    // What client-side apply had set is given up with it, and the annotation follows.
    expect(await data('migrated')).toBe('{"a":"1"}');
    expect(await managers('configmap/migrated')).not.toContain('kubectl-client-side-apply Update');
    expect(await k().ok('apply view-last-applied configmap/migrated -o json')).not.toContain('"b"');
    await k().ok('apply -f -', { input: configMap('migrated', { c: '1' }) });
    expect(await data('migrated')).toBe('{"c":"1"}');
    const conflicting = await k().fails(`${serverSide} --field-manager=else`, {
      input: configMap('migrated', { c: '2' }),
    });
    expect(conflicting).toContain('conflict with "kubectl-client-side-apply"');
  });

  test('set-last-applied and edit-last-applied', async () => {
    await k().ok('create configmap noted --from-literal=colour=red');
    expect((await k().run('apply view-last-applied configmap/noted')).stdout).toBe('');
    const input = configMap('noted', { colour: 'red' });
    expect(await k().fails('apply set-last-applied -f -', { input })).toContain('--create-annotation');
    await k().ok('apply set-last-applied --create-annotation -f -', { input });
    expect(await k().ok('apply view-last-applied configmap/noted')).toContain('colour: red');
    await k().ok('apply edit-last-applied configmap/noted', { env: { EDITOR: 'sed -i s/colour:/color:/' } });
    expect(await k().ok('apply view-last-applied configmap/noted')).toContain('color: red');
    expect(await data('noted')).toBe('{"colour":"red"}');
  });

  test('diff --server-side shows what would be merged, and the conflicts', async () => {
    await k().ok(`${serverSide} --field-manager=one`, { input: configMap('compared', { a: '1' }) });
    const diff = (by: string, values: object) =>
      k().run(`diff --server-side --field-manager=${by} -f -`, { input: configMap('compared', values) });
    expect(await diff('one', { a: '1' })).toMatchObject({ code: 0, stdout: '' });
    const changed = await diff('one', { b: '1' });
    expect([changed.code, /^- +a: "1"$/m.test(changed.stdout), /^\+ +b: "1"$/m.test(changed.stdout)]).toEqual([
      1,
      true,
      true,
    ]);
    expect((await diff('two', { a: '2' })).stderr).toContain('conflict with "one": .data.a');
    expect(await data('compared')).toBe('{"a":"1"}');
  });

  test('an apply set remembers its members and prunes those that left', async () => {
    const env = { KUBECTL_APPLYSET: 'true' };
    const apply = async (...names: string[]) => {
      const input = names.map((name) => `---\n${JSON.stringify(configMap(name, { a: '1' }))}\n`).join('');
      return (await k().ok('apply --prune --applyset=members --namespace=suite -f -', { input, env }))
        .trim()
        .split('\n')
        .sort();
    };
    expect(await apply('stays', 'goes')).toEqual(['configmap/goes created', 'configmap/stays created']);
    expect(await apply('stays')).toEqual(['configmap/goes pruned', 'configmap/stays unchanged']);
    const { metadata } = await k().json<Document>('get secret members');
    expect(metadata.annotations['applyset.kubernetes.io/contains-group-kinds']).toBe('ConfigMap');
    expect(await k().ok('get configmap -l applyset.kubernetes.io/part-of -o name')).toBe('configmap/stays\n');
  });

  test('validation on the server: strict refuses, warn warns, ignore says nothing', async () => {
    const input = { ...configMap('typo', {}), dta: {} };
    const created = (how: string) => k().run(`create --dry-run=server --validate=${how} -f -`, { input });
    const strict = await created('strict');
    expect([strict.code, strict.stderr]).toEqual([
      1,
      'Error from server (BadRequest): error when creating "STDIN": ConfigMap in version "v1" cannot be handled as a ConfigMap: ' +
        'strict decoding error: unknown field "dta"\n',
    ]);
    const stdout = 'configmap/typo created (server dry run)\n';
    expect(await created('warn')).toEqual({ code: 0, stdout, stderr: 'Warning: unknown field "dta"\n' });
    expect(await created('ignore')).toEqual({ code: 0, stdout, stderr: '' });
    expect(await k().fails('get configmap typo')).toContain('NotFound');
  });

  test('explain in both output forms', async () => {
    const forms = ['plaintext', 'plaintext-openapiv2'];
    for (const form of forms) {
      expect(await k().ok(`explain pod.spec.containers --output ${form}`)).toMatch(
        /^KIND: +Pod\nVERSION: +v1\n.*containers <\[\](Container|Object)>.*imagePullPolicy\t<string>/s,
      );
      expect(await k().ok(`explain deployment --recursive --output ${form}`)).toMatch(
        /template\t<(PodTemplateSpec|Object)>.*containers\t<\[\](Container|Object)>.*containerPort\t<integer>/s,
      );
    }
  });

  test('get, replace and patch of subresources', async () => {
    await k().ok('create deployment parts --image=web:1 --replicas=2');
    const scale = await k().json<Document>('get deployment parts --subresource=scale');
    expect([scale.kind, scale.spec, scale.status.selector]).toEqual(['Scale', { replicas: 2 }, 'app=parts']);
    await k().ok('patch deployment parts --subresource=scale --type=merge', {
      more: ['-p', '{"spec":{"replicas":4}}'],
    });
    const read = await k().json<Document>('get deployment parts --subresource=status');
    expect(read.spec.replicas).toBe(4);
    const replaced = { ...read, spec: { ...read.spec, replicas: 9 }, status: { replicas: 3, readyReplicas: 1 } };
    expect(await k().ok('replace --subresource=status -f -', { input: replaced })).toBe(
      'deployment.apps/parts replaced\n',
    );
    expect(await k().ok("get deployment parts -o jsonpath='{.spec.replicas} {.status}'")).toBe(
      '4 {"readyReplicas":1,"replicas":3}',
    );
    const foreign = await k().fails('replace --subresource=scale -f -', { input: read });
    expect(foreign).toContain('cannot be handled as a Scale');
  });
});
