// The chain and which plugins are in it.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { admissionChain, selectPlugins } from './chain.ts';
import { attributes, context, object, resetState, state } from './harness.ts';
import { pluginTable } from './plugins.ts';
import { type AdmissionAttributes, reinvocationOf } from './types.ts';

beforeEach(resetState);

describe('the chain', () => {
  test('plugins run in the table’s order; a slow one holds up those after it', async () => {
    const seen: string[] = [];
    const plugin = (name: string, wait: boolean) => ({
      name,
      operations: ['CREATE'] as const,
      async admit() {
        if (wait) await Promise.resolve();
        seen.push(`admit ${name}`);
      },
      validate: () => void seen.push(`validate ${name}`),
    });
    const chain = admissionChain([plugin('a', true), plugin('b', false)]);
    await chain.admit(attributes('pods'));
    await chain.validate(attributes('pods'));
    expect(seen).toEqual(['admit a', 'admit b', 'validate a', 'validate b']);
    expect(chain.admit(attributes('pods', { operation: 'DELETE' }))).toBeUndefined();
  });

  test('names: default ones, more and fewer, unknown and contradictory', () => {
    const select = (enable: string[], disable: string[]) => selectPlugins({ enable, disable }, context());
    expect(pluginTable).toHaveLength(41);
    const usual = select([], []).map(({ name }) => name);
    expect(usual.slice(0, 3)).toEqual(['NamespaceLifecycle', 'LimitRanger', 'ServiceAccount']);
    expect(select([], ['Priority']).map(({ name }) => name)).toEqual(usual.filter((name) => name !== 'Priority'));
    expect(select(['NodeRestriction', 'Priority'], []).map(({ name }) => name)).toContain('NodeRestriction');
    expect(() => select(['ImagePolicyWebhook'], [])).toThrow(
      /^enable-admission-plugins plugin "ImagePolicyWebhook" is not in this server, which has AlwaysAdmit, .*, AlwaysDeny$/,
    );
    expect(() => select(['Nope'], [])).toThrow('enable-admission-plugins plugin "Nope" is unknown');
    expect(() => select(['Priority'], ['Priority'])).toThrow(
      '[Priority] in enable-admission-plugins and disable-admission-plugins overlapped',
    );
  });

  test('a plugin that changed something may have all of them run once more, and no oftener', async () => {
    const seen: string[] = [];
    const first = { name: 'first', operations: ['CREATE'] as const, admit: () => void seen.push('first') };
    const webhook = {
      name: 'webhook',
      operations: ['CREATE'] as const,
      async admit(given: AdmissionAttributes) {
        const rounds = reinvocationOf(given);
        seen.push(`webhook${rounds.running ? ` again after ${rounds.remembered.get('webhook')}` : ''}`);
        await Promise.resolve();
        rounds.remembered.set('webhook', 'patch 1');
        rounds.wanted = true;
      },
      validate: () => void seen.push('validate'),
    };
    const chain = admissionChain([first, webhook]);
    const given = attributes('pods');
    await chain.admit(given);
    await chain.validate(given);
    expect(seen).toEqual(['first', 'webhook', 'first', 'webhook again after patch 1', 'validate']);
  });

  test('webhooks and policies stand after everything else, quota after them', () => {
    const names = pluginTable.map(({ name }) => name);
    expect(names.slice(-6)).toEqual([
      'MutatingAdmissionPolicy',
      'MutatingAdmissionWebhook',
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionWebhook',
      'ResourceQuota',
      'AlwaysDeny',
    ]);
  });

  test('a pod passes without a promise', () => {
    const chain = admissionChain(selectPlugins({ enable: [], disable: [] }, context()));
    const given = attributes('pods', {
      namespace: 'dev',
      object: object('Pod', 'p', { spec: { containers: [{ name: 'c' }] } }),
    });
    expect(chain.admit(given)).toBeUndefined();
    expect(chain.validate(given)).toBeUndefined();
    chain.close();
    expect(state.objects.watcherCount).toBe(0);
  });
});
