// How kubectl gets: output forms, sorting, selecting, chunks, watches, events.
import { expect, test } from '@jest/globals';
import { headers, table } from '../support/kubectl.ts';
import { describeKubectl, makeNamespace } from './suite.ts';

function pod(name: string, labels: Record<string, string>, image: string) {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec: { containers: [{ name: 'main', image }] } };
}

describeKubectl('output', (suite) => {
  const k = () => suite().kubectl;
  const make = (namespace: string, ...objects: object[]) =>
    k()
      .in(namespace)
      .ok('create -f -', { input: { apiVersion: 'v1', kind: 'List', items: objects } });

  test('-o yaml, json, name, wide, jsonpath, go-template, custom-columns', async () => {
    await makeNamespace(k(), 'forms');
    await make('forms', pod('a', { app: 'x' }, 'nginx:1'), pod('b', { app: 'y' }, 'nginx:2'));
    const forms = k().in('forms');
    const yaml = await forms.ok('get pod a -o yaml');
    expect(yaml).toMatch(/^apiVersion: v1\nkind: Pod\nmetadata:\n/);
    expect(yaml).toMatch(/^ {2}- image: nginx:1$|^ {4}- image: nginx:1$/m);
    expect(await forms.json('get pod a')).toMatchObject({ kind: 'Pod', metadata: { name: 'a', namespace: 'forms' } });
    expect(await forms.json('get pods')).toMatchObject({
      kind: 'List',
      items: [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }],
    });
    expect(await forms.ok('get pods -o name')).toBe('pod/a\npod/b\n');
    expect(headers(await forms.ok('get pods -o wide'))).toEqual([
      'NAME',
      'READY',
      'STATUS',
      'RESTARTS',
      'AGE',
      'IP',
      'NODE',
      'NOMINATED NODE',
      'READINESS GATES',
    ]);
    expect(await forms.ok("get pods -o jsonpath='{.items[*].spec.containers[0].image}'")).toBe('nginx:1 nginx:2');
    expect(await forms.ok("get pods -o go-template='{{range .items}}{{.metadata.name}};{{end}}'")).toBe('a;b;');
    expect(
      table(await forms.ok('get pods -o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[0].image')),
    ).toEqual([
      { NAME: 'a', IMAGE: 'nginx:1' },
      { NAME: 'b', IMAGE: 'nginx:2' },
    ]);
    expect(await forms.ok('get pods --no-headers')).toMatch(/^a +0\/1 +Pending/);
    expect(headers(await forms.ok('get pods --show-labels')).at(-1)).toBe('LABELS');
    expect(table(await forms.ok('get pods -L app')).map((row) => row['APP'])).toEqual(['x', 'y']);
    expect(await forms.ok('get pod/a pod/b -o name')).toBe('pod/a\npod/b\n');
    expect(await forms.ok('get pod,serviceaccount -o name')).toBe('pod/a\npod/b\nserviceaccount/default\n');
    expect(await forms.ok('get all -o name')).toBe('pod/a\npod/b\n');
  });

  test('--sort-by', async () => {
    await makeNamespace(k(), 'sorted');
    const settings = (name: string, order: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, labels: { set: 'sorted' } },
      data: { order },
    });
    await make('sorted', settings('a', '3'), settings('b', '1'), settings('c', '2'));
    const sorted = k().in('sorted');
    expect(await sorted.ok('get configmaps -l set=sorted --sort-by={.data.order} -o name')).toBe(
      'configmap/b\nconfigmap/c\nconfigmap/a\n',
    );
    const rows = table(await sorted.ok('get configmaps -l set=sorted --sort-by=.metadata.name'));
    expect(rows.map((row) => row['NAME'])).toEqual(['a', 'b', 'c']);
  });

  test('--field-selector, -l and -A', async () => {
    await makeNamespace(k(), 'selected');
    await make('selected', pod('p', { app: 'x' }, 'nginx'), pod('q', { app: 'y' }, 'nginx'));
    const selected = k().in('selected');
    expect(await selected.ok('get pods --field-selector metadata.name=p -o name')).toBe('pod/p\n');
    expect(await selected.ok('get pods --field-selector metadata.name!=p -o name')).toBe('pod/q\n');
    expect(await selected.ok('get pods --field-selector status.phase=Running')).toBe('');
    expect(
      await selected.ok('get pods --field-selector status.phase=Pending,spec.restartPolicy=Always -l app=x -o name'),
    ).toBe('pod/p\n');
    expect(await selected.fails('get pods --field-selector spec.colour=blue')).toContain(
      'field label not supported: spec.colour',
    );
    expect(await selected.ok('get pods -A --field-selector metadata.namespace=selected -o name')).toBe(
      'pod/p\npod/q\n',
    );
    const everywhere = table(await selected.ok('get pods -A -l app=y'));
    expect(everywhere.filter((row) => row['NAMESPACE'] === 'selected').map((row) => row['NAME'])).toEqual(['q']);
    expect(await selected.fails("get pods -l 'app in (x'")).toContain('unable to parse requirement');
  });

  test('--chunk-size fetches page by page and prints all', async () => {
    await makeNamespace(k(), 'chunks');
    const names = Array.from({ length: 25 }, (_, i) => `c-${String(i).padStart(2, '0')}`);
    await make(
      'chunks',
      ...names.map((name) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { set: 'chunks' } } })),
    );
    const { stdout, stderr } = await k().in('chunks').run('get configmaps -l set=chunks --chunk-size=10 -v=8');
    expect(table(stdout).map((row) => row['NAME'])).toEqual(names);
    expect(new Set(stderr.match(/configmaps\?[^"'\s]*limit=10[^"'\s]*/g)).size).toBe(3);
  });

  test('get -w prints what is there and each change; --watch-only only changes', async () => {
    await makeNamespace(k(), 'watched');
    await make('watched', pod('first', {}, 'nginx'));
    const watched = k().in('watched');
    const all = watched.start('get pods -w');
    const only = watched.start('get pods --watch-only -o name');
    const events = watched.start('get pods -w --output-watch-events');
    await all.until(/^first +0\/1 +Pending/m);
    await events.until(/^ADDED +first/m);
    // A watch that began after an event cannot have missed one that comes later: write until it is heard.
    for (let i = 0; !only.stdout.includes('pod/first'); i++) {
      await watched.ok(`label pod first beat=${i} --overwrite`);
      await Promise.race([only.until(/pod\/first/), watched.ok('version --client')]);
    }
    await watched.ok('patch pod first --subresource=status --type=merge', {
      more: ['-p', '{"status":{"phase":"Running"}}'],
    });
    await all.until(/^first +0\/1 +Running/m);
    await make('watched', pod('second', {}, 'nginx'));
    await watched.ok('delete pod second --now');
    await all.until(/^second +0\/1/m);
    await only.until(/^pod\/second$/m);
    await events.until(/^DELETED +second/m);
    expect(events.stdout).toMatch(/^EVENT +NAME/);
    await Promise.all([all.stop(), only.stop(), events.stop()]);
  });

  test('events', async () => {
    await makeNamespace(k(), 'events');
    const events = k().in('events');
    await make('events', pod('subject', {}, 'nginx'));
    const { metadata } = await events.json<{ metadata: { uid: string } }>('get pod subject');
    const event = (name: string, reason: string, type: string, involved: object) => ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace: 'events' },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'events', ...involved },
      reason,
      type,
      message: `${reason} happened`,
      source: { component: 'suite' },
      firstTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
      lastTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
      count: 1,
    });
    await make(
      'events',
      event('subject.1', 'Pulled', 'Normal', { name: 'subject', uid: metadata.uid }),
      event('other.1', 'BackOff', 'Warning', { name: 'other' }),
    );
    const listed = await events.ok('get events');
    expect(headers(listed)).toEqual(['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE']);
    expect(
      table(listed)
        .map((row) => row['REASON'])
        .sort(),
    ).toEqual(['BackOff', 'Pulled']);
    expect(table(await events.ok('events --for pod/subject')).map((row) => row['MESSAGE'])).toEqual([
      'Pulled happened',
    ]);
    expect(table(await events.ok('events --types=Warning')).map((row) => row['REASON'])).toEqual(['BackOff']);
    expect(await events.ok('get events --field-selector involvedObject.name=other,type=Warning -o name')).toBe(
      'event/other.1\n',
    );
    expect(await events.ok('describe pod subject')).toMatch(/Normal +Pulled +\S+ +suite +Pulled happened/);
    expect(await events.ok('get events.events.k8s.io -o name')).toBe(
      'event.events.k8s.io/other.1\nevent.events.k8s.io/subject.1\n',
    );
    expect(
      await events.ok("get events.events.k8s.io subject.1 -o jsonpath='{.note} {.regarding.name} {.deprecatedCount}'"),
    ).toBe('Pulled happened subject 1');
  });
});
