import { describe, expect, test } from '@jest/globals';
import { type Body, created, createErrors, row, updateErrors } from '../kind-harness.ts';
import { ingress } from './ingress.ts';
import { ingressClass } from './ingressclass.ts';
import { ipAddress } from './ipaddress.ts';
import { networkPolicy } from './networkpolicy.ts';
import { serviceCIDR } from './servicecidr.ts';

const backend = { service: { name: 's', port: { number: 80 } } };

function ingressOf(path: Body, rule: Body = {}): Body {
  const paths = [{ path: '/', pathType: 'Prefix', backend, ...path }];
  return { spec: { rules: [{ host: 'a.example', http: { paths }, ...rule }] } };
}

describe('Ingress', () => {
  test.each<[string, Body, string[]]>([
    ['an ordinary one', ingressOf({}), []],
    ['a wildcard host', ingressOf({}, { host: '*.example.com' }), []],
    [
      'nothing to do',
      { spec: {} },
      ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
    ],
    [
      'no path type',
      ingressOf({ pathType: undefined }),
      ['spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified'],
    ],
    [
      'a relative path with a double slash',
      ingressOf({ path: 'a//b' }),
      [
        'spec.rules[0].http.paths[0].path: Invalid value: "a//b": must be an absolute path',
        'spec.rules[0].http.paths[0].path: Invalid value: "a//b": must not contain \'//\'',
      ],
    ],
    [
      'an address for a host',
      ingressOf({}, { host: '10.0.0.1' }),
      ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
    ],
    [
      'two ports',
      ingressOf({ backend: { service: { name: 's', port: { number: 80, name: 'http' } } } }),
      ['spec.rules[0].http.paths[0].backend: Invalid value: "": cannot set both port name & port number'],
    ],
  ])('%s', (_, body, errors) => {
    expect(createErrors(ingress, body)).toEqual(errors);
  });

  test('an update keeps a TLS secret name that was wrong before', () => {
    const body = { ...ingressOf({}), spec: { ...(ingressOf({})['spec'] as Body), tls: [{ secretName: 'A_B' }] } };
    expect(createErrors(ingress, body)).toHaveLength(1);
    expect(updateErrors(ingress, body, created(ingress, body))).toEqual([]);
  });

  test('prints hosts and ports', () => {
    const rules = ['a', 'b', 'c', 'd'].map((name) => ({ host: `${name}.example` }));
    expect(row(ingress, { spec: { rules, tls: [{}], ingressClassName: 'x' } })).toEqual([
      'a',
      'x',
      'a.example,b.example,c.example + 1 more...',
      '',
      '80, 443',
      '60s',
    ]);
  });

  test('warns of the annotation that names the class', () => {
    const object = created(ingress, ingressOf({}));
    object.metadata.annotations = { 'kubernetes.io/ingress.class': 'x' };
    expect(ingress.warnings?.(object, undefined)).toHaveLength(1);
  });
});

describe('IngressClass', () => {
  test('parameters are of the cluster unless they say otherwise', () => {
    const spec = { controller: 'x.example/c', parameters: { kind: 'P', name: 'p' } };
    expect(created(ingressClass, { spec })['spec'].parameters.scope).toBe('Cluster');
    expect(createErrors(ingressClass, { spec: { ...spec, controller: 'c' } })).toEqual([
      'spec.controller: Invalid value: "c": must be a domain-prefixed path (such as "acme.io/foo")',
    ]);
    const namespaced = { ...spec.parameters, scope: 'Namespace' };
    expect(createErrors(ingressClass, { spec: { ...spec, parameters: namespaced } })).toEqual([
      "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
    ]);
  });

  test('the controller stays', () => {
    const old = created(ingressClass, { spec: { controller: 'x.example/c' } });
    expect(updateErrors(ingressClass, { spec: { controller: 'x.example/d' } }, old)).toEqual([
      'spec.controller: Invalid value: "x.example/d": field is immutable',
    ]);
  });
});

describe('NetworkPolicy', () => {
  function policyOf(rule: Body): Body {
    return { spec: { podSelector: {}, ingress: [rule] } };
  }

  test('types and protocols have defaults', () => {
    const object = created(networkPolicy, { spec: { egress: [{ ports: [{ port: 53 }] }] } });
    expect(object['spec'].policyTypes).toEqual(['Ingress', 'Egress']);
    expect(object['spec'].egress[0].ports[0].protocol).toBe('TCP');
  });

  test.each<[string, Body, string[]]>([
    ['a peer that is nothing', { from: [{}] }, ['spec.ingress[0].from[0]: Required value: must specify a peer']],
    [
      'an exception outside of its block',
      { from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] } }] },
      ['spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`'],
    ],
    [
      'an end port before its port',
      { ports: [{ port: 90, endPort: 80 }] },
      ['spec.ingress[0].ports[0].endPort: Invalid value: 90: must be greater than or equal to `port`'],
    ],
    [
      'an end port of a named port',
      { ports: [{ port: 'http', endPort: 80 }] },
      ['spec.ingress[0].ports[0].endPort: Invalid value: 80: may not be specified when `port` is non-numeric'],
    ],
  ])('%s', (_, rule, errors) => {
    expect(createErrors(networkPolicy, policyOf(rule))).toEqual(errors);
  });

  test('an update keeps a CIDR that was ambiguous before', () => {
    const body = policyOf({ from: [{ ipBlock: { cidr: '10.1.0.0/8' } }] });
    expect(createErrors(networkPolicy, body)).toHaveLength(1);
    expect(updateErrors(networkPolicy, body, created(networkPolicy, body))).toEqual([]);
  });
});

describe('ServiceCIDR', () => {
  const old = created(serviceCIDR, { spec: { cidrs: ['10.0.0.0/24'] } });

  test.each<[string[], number]>([
    [['10.0.0.0/24'], 0],
    [['10.0.0.0/24', 'fd00::/112'], 0],
    [['10.0.0.0/24', '10.1.0.0/24'], 1],
    [['10.1.0.0/24'], 1],
    [[], 1],
  ])('may become %p: %i errors', (cidrs, count) => {
    expect(updateErrors(serviceCIDR, { spec: { cidrs } }, old)).toHaveLength(count);
  });
});

test('IPAddress', () => {
  const parentRef = { resource: 'services', namespace: 'n', name: 's' };
  expect(createErrors(ipAddress, { spec: { parentRef } })).toEqual([]);
  expect(createErrors(ipAddress, { spec: {} })).toEqual(['spec.parentRef: Required value']);
  expect(row(ipAddress, { spec: { parentRef } })).toEqual(['a', 'services/n/s', '60s']);
  expect(ipAddress.validateName?.('2001:DB8::1', false)).toEqual(['must be in canonical form ("2001:db8::1")']);
});
