// Writes into namespaces that are not there or going away.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { admit, attributes, object, put, resetState, state } from '../harness.ts';

beforeEach(resetState);

describe('NamespaceLifecycle', () => {
  const configMap = (namespace: string, more = {}) =>
    attributes('configmaps', { namespace, object: object('ConfigMap', 'c'), ...more });

  test('a namespace that does not exist, after a fresh look', async () => {
    await expect(admit(configMap('nope'))).rejects.toMatchObject({ code: 404, message: 'namespaces "nope" not found' });
    expect(state.freshened).toBe(1);
    state.late = () => put('namespaces', '', object('Namespace', 'late'));
    await admit(configMap('late'));
    await admit(attributes('nodes', { operation: 'DELETE', name: 'n' }));
  });

  test('a namespace that goes away takes nothing new', async () => {
    await put('namespaces', '', object('Namespace', 'going', { status: { phase: 'Terminating' } }));
    await expect(admit(configMap('going'))).rejects.toMatchObject({
      code: 403,
      message:
        'configmaps "c" is forbidden: unable to create new content in namespace going because it is being terminated',
      status: {
        details: {
          causes: [
            {
              reason: 'NamespaceTerminating',
              message: 'namespace going is being terminated',
              field: 'metadata.namespace',
            },
          ],
        },
      },
    });
    await admit(configMap('going', { operation: 'UPDATE' }));
    await admit(configMap('nope', { operation: 'DELETE' }));
    await admit(attributes('localsubjectaccessreviews', { namespace: 'nope' }));
  });

  test.each(['default', 'kube-system', 'kube-public'])('%s stays', async (name) => {
    await expect(admit(attributes('namespaces', { operation: 'DELETE', name }))).rejects.toThrow(
      `namespaces "${name}" is forbidden: this namespace may not be deleted`,
    );
  });
});
