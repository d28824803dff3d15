// The graph of owners by itself: whom it asks to be looked at, whatever the order in which objects are seen.
import { describe, expect, test } from '@jest/globals';
import type { ObjectMeta, OwnerReference } from '../../apimachinery/object.ts';
import { Graph } from './graph.ts';
import { alternateIdentity, type Identity, newNode, printIdentity, referenceChanges } from './graph-node.ts';

const identity = (name: string, more: Partial<Identity> = {}): Identity => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace: 'ns',
  name,
  uid: `u-${name}`,
  ...more,
});
const reference = (name: string, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name,
  uid: `u-${name}`,
  ...more,
});

function newGraph() {
  const asked: string[] = [];
  const graph = new Graph({
    attemptToDelete: (uid) => void asked.push(`delete ${uid}`),
    attemptToDeleteLater: (uid) => void asked.push(`later ${uid}`),
    attemptToOrphan: (uid) => void asked.push(`orphan ${uid}`),
    invalidNamespace: (dependent, owner) => void asked.push(`invalid ${dependent.name} ${printIdentity(owner)}`),
  });
  const see = (name: string, metadata: ObjectMeta = {}, old?: ObjectMeta, more: Partial<Identity> = {}) =>
    graph.observe(identity(name, more), metadata, old);
  /** What was asked since the last time. */
  const taken = () => asked.splice(0);
  return { graph, see, taken };
}

const deleting = (...finalizers: string[]): ObjectMeta => ({ deletionTimestamp: 't', finalizers });

describe('the graph', () => {
  test('looks for an owner that was not seen, and forgets it once it is', () => {
    const { graph, see, taken } = newGraph();
    see('child', { ownerReferences: [reference('owner')] });
    expect(taken()).toEqual(['delete u-owner']);
    expect(graph.get('u-owner')).toMatchObject({ virtual: true, identity: identity('owner') });
    see('owner');
    expect(graph.get('u-owner')?.virtual).toBe(false);
    expect(taken()).toEqual([]);
    graph.remove('u-owner');
    expect(taken()).toEqual(['delete u-child']);
    expect(graph.isAbsent(identity('owner'))).toBe(true);
  });

  test('looks at both when an owner waits for its dependents, and at the owner when one has gone', () => {
    const { graph, see, taken } = newGraph();
    see('owner');
    see('child', { ownerReferences: [reference('owner', { blockOwnerDeletion: true })] });
    see('owner', deleting('foregroundDeletion'), {});
    expect(taken()).toEqual(['delete u-child', 'delete u-owner']);
    // It waits already.
    see('owner', deleting('foregroundDeletion'), deleting('foregroundDeletion'));
    expect(taken()).toEqual([]);
    graph.remove('u-child');
    expect(taken()).toEqual(['delete u-owner']);
  });

  test('looks at an owner that no longer has to wait', () => {
    const { see, taken } = newGraph();
    see('owner');
    const blocking = [reference('owner', { blockOwnerDeletion: true })];
    see('child', { ownerReferences: blocking });
    see(
      'child',
      { ownerReferences: [reference('owner', { blockOwnerDeletion: false })] },
      { ownerReferences: blocking },
    );
    expect(taken()).toEqual(['delete u-owner']);
  });

  test('orphans only when it is asked to', () => {
    const { see, taken } = newGraph();
    see('owner', deleting('orphan'));
    expect(taken()).toEqual(['orphan u-owner']);
  });

  test('an owner in another namespace is reported, in whichever order they are seen', () => {
    const expected = 'invalid child [v1/ConfigMap, namespace: other, name: owner, uid: u-owner]';
    const first = newGraph();
    first.see('owner');
    first.see('child', { ownerReferences: [reference('owner')] }, undefined, { namespace: 'other' });
    expect(first.taken()).toEqual([expected, 'delete u-child']);
    const second = newGraph();
    second.see('child', { ownerReferences: [reference('owner')] }, undefined, { namespace: 'other' });
    second.see('owner');
    expect(second.taken()).toEqual(['delete u-owner', expected, 'delete u-child']);
  });

  test('those who describe an absent owner differently are asked about in turn', () => {
    const { graph, see, taken } = newGraph();
    see('a', { ownerReferences: [reference('x', { uid: 'u' })] });
    see('b', { ownerReferences: [reference('y', { uid: 'u' })] });
    taken();
    graph.removeVirtual(identity('x', { uid: 'u' }));
    expect(taken()).toEqual(['delete u-a', 'later u']);
    expect(graph.get('u')?.identity.name).toBe('y');
    graph.removeVirtual(identity('y', { uid: 'u' }));
    expect(taken()).toEqual(['delete u-b', 'later u']);
  });

  test('an answer about other coordinates does not remove what was seen', () => {
    const { graph, see, taken } = newGraph();
    see('owner');
    see('wrong', { ownerReferences: [reference('other', { uid: 'u-owner' })] });
    taken();
    graph.removeVirtual(identity('other', { uid: 'u-owner' }));
    expect(graph.get('u-owner')).toBeDefined();
    expect(taken()).toEqual(['delete u-wrong']);
  });
});

test('changes of references', () => {
  const before = [reference('a'), reference('b'), reference('c')];
  const after = [reference('b', { controller: true }), reference('c'), reference('d')];
  const { added, removed, changed } = referenceChanges(before, after);
  const names = (references: readonly OwnerReference[]) => references.map(({ name }) => name).join();
  expect([names(added), names(removed), names(changed.map(({ after }) => after))]).toEqual(['d', 'a', 'b']);
});

test('alternatives go round in order', () => {
  const node = (name: string) => newNode(identity(`of-${name}`), { owners: [reference(name, { uid: 'u' })] });
  const dependents = ['b', 'c', 'a'].map(node);
  const next = (name: string) => alternateIdentity(dependents, identity(name, { uid: 'u' }))?.name;
  expect([next('a'), next('b'), next('c')]).toEqual(['b', 'c', 'a']);
  expect(alternateIdentity([node('a')], identity('a', { uid: 'u' }))).toBeUndefined();
});
