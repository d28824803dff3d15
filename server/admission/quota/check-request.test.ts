// One write against quotas: what is refused, in which words, and what is counted.
import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { prettyPrint } from '../../../apimachinery/quota/amounts.ts';
import { podEvaluator } from '../../../apimachinery/quota/pod-evaluator.ts';
import { serviceEvaluator } from '../../../apimachinery/quota/service-evaluator.ts';
import type { ResourceDescriptor } from '../../registry/descriptor.ts';
import type { AdmissionAttributes } from '../types.ts';
import { checkRequest, type LimitedResource, quotaStateOf } from './check-request.ts';

const pods = podEvaluator();

function quota(name: string, hard: object, used: object | undefined, spec: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name, namespace: 'dev' },
    spec: { hard, ...spec },
    status: { hard, ...(used ? { used } : {}) },
  };
}

function pod(cpu: string | undefined, more: object = {}): KubeObject {
  const resources = cpu === undefined ? {} : { requests: { cpu } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', resources }], ...more },
  };
}

function write(object: KubeObject, old?: KubeObject, more: Partial<AdmissionAttributes> = {}): AdmissionAttributes {
  return {
    operation: old === undefined ? 'CREATE' : 'UPDATE',
    descriptor: { group: '', resource: object.kind === 'Pod' ? 'pods' : 'services' } as ResourceDescriptor,
    subresource: '',
    namespace: 'dev',
    name: 'p',
    object,
    old,
    options: {},
    user: { name: 'jane', groups: [] },
    dryRun: false,
    warn: () => undefined,
    ...more,
  };
}

/** What is used of each quota afterwards, or the words of the refusal. */
function check(
  attributes: AdmissionAttributes,
  given: KubeObject[],
  limited: LimitedResource[] = [],
): string[] | string {
  const evaluator = attributes.descriptor.resource === 'pods' ? pods : serviceEvaluator;
  try {
    const quotas = checkRequest(attributes, { quotas: given.map(quotaStateOf), evaluator, limited });
    return quotas.map(({ used }) => prettyPrint(used));
  } catch (error) {
    return (error as Error).message.replace('pods "p" is forbidden: ', '');
  }
}

describe('creates', () => {
  test('use up every quota that counts them', () => {
    const quotas = [
      quota('a', { pods: '3', cpu: '2' }, { pods: '1', cpu: '1' }),
      quota('b', { services: '1' }, { services: '1' }),
    ];
    expect(check(write(pod('500m')), quotas)).toEqual(['cpu=1500m,pods=2', 'services=1']);
  });

  test('are refused where one of them is full, with what is too much only', () => {
    const quotas = [
      quota('a', { pods: '9' }, { pods: '1' }),
      quota('b', { pods: '2', cpu: '2' }, { pods: '2', cpu: '1' }),
    ];
    expect(check(write(pod('1')), quotas)).toBe('exceeded quota: b, requested: pods=1, used: pods=2, limited: pods=2');
    expect(check(write(pod('1500m')), quotas)).toBe(
      'exceeded quota: b, requested: cpu=1500m,pods=1, used: cpu=1,pods=2, limited: cpu=2,pods=2',
    );
  });

  test('must say what a quota counts', () => {
    expect(check(write(pod(undefined)), [quota('a', { cpu: '2' }, { cpu: '1' })])).toBe(
      'failed quota: a: must specify cpu for: c',
    );
  });

  test('wait for the quota to be measured, and pass where its status has no limits yet', () => {
    expect(check(write(pod('1')), [quota('a', { pods: '2', cpu: '4' }, { pods: '0' })])).toBe(
      'status unknown for quota: a, resources: cpu,pods',
    );
    const fresh = { ...quota('a', { pods: '0' }, undefined), status: {} };
    expect(check(write(pod('1')), [fresh])).toEqual(['']);
  });

  test('only count where they are in every scope', () => {
    const scoped = (scopes: string[], matchExpressions: object[] = []) =>
      quota('a', { pods: '1' }, { pods: '0' }, { scopes, scopeSelector: { matchExpressions } });
    const high = [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }];
    expect(check(write(pod(undefined)), [scoped(['BestEffort'])])).toEqual(['pods=1']);
    expect(check(write(pod('1')), [scoped(['BestEffort'])])).toEqual(['pods=0']);
    expect(check(write(pod('1')), [scoped(['NotBestEffort'], high)])).toEqual(['pods=0']);
    expect(check(write(pod('1', { priorityClassName: 'high' })), [scoped(['NotBestEffort'], high)])).toEqual([
      'pods=1',
    ]);
  });
});

describe('updates', () => {
  const full = quota('a', { cpu: '2', pods: '1' }, { cpu: '2', pods: '1' });

  test('count what they add; what they give back is the controller’s to see', () => {
    const resize = { subresource: 'resize' };
    expect(check(write(pod('2'), pod('1'), resize), [full])).toBe(
      'exceeded quota: a, requested: cpu=1, used: cpu=2, limited: cpu=2',
    );
    expect(check(write(pod('1'), pod('2'), resize), [full])).toEqual(['cpu=2,pods=1']);
  });

  test('that enter a scope count in full', () => {
    const terminating = quota('a', { pods: '1' }, { pods: '1' }, { scopes: ['Terminating'] });
    expect(check(write(pod('1', { activeDeadlineSeconds: 1 }), pod('1')), [terminating])).toBe(
      'exceeded quota: a, requested: pods=1, used: pods=1, limited: pods=1',
    );
  });

  test('of a service’s type', () => {
    const service = (type: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'p' },
      spec: { type, ports: [{ port: 80 }] },
    });
    const quotas = [
      quota('a', { 'services.nodeports': '1', services: '1' }, { 'services.nodeports': '0', services: '1' }),
    ];
    expect(check(write(service('NodePort'), service('ClusterIP')), quotas)).toEqual([
      'services=1,services.nodeports=1',
    ]);
    expect(check(write(service('ClusterIP'), service('NodePort')), quotas)).toEqual([
      'services=1,services.nodeports=0',
    ]);
  });
});

describe('limited resources', () => {
  test('may be used only where a quota covers them', () => {
    const limited = [{ resource: 'pods', matchContains: ['requests.cpu'] }];
    expect(check(write(pod('1')), [], limited)).toBe('insufficient quota to consume: requests.cpu');
    expect(check(write(pod('1')), [quota('a', { 'requests.cpu': '2' }, { 'requests.cpu': '0' })], limited)).toEqual([
      'requests.cpu=1',
    ]);
    expect(check(write(pod(undefined)), [], limited)).toEqual([]);
  });

  test('scopes need a quota of the same scope', () => {
    const matchScopes = [{ scopeName: 'PriorityClass', operator: 'In', values: ['system'] }];
    const limited = [{ resource: 'pods', matchScopes }];
    const system = pod('1', { priorityClassName: 'system' });
    expect(check(write(system), [], limited)).toBe(
      'insufficient quota to match these scopes: [{PriorityClass In [system]}]',
    );
    const covering = quota('a', { pods: '1' }, { pods: '0' }, { scopeSelector: { matchExpressions: matchScopes } });
    expect(check(write(system), [covering], limited)).toEqual(['pods=1']);
    expect(check(write(pod('1')), [], limited)).toEqual([]);
  });
});
