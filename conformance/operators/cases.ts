// Objects of the definitions: accepted ones, changed by an update or not, and what is kept of them; refused ones, and the causes.
import type { Document } from '../api/support/client.ts';

/** `field: message` of one cause. */
export type Cause = string;

export interface Accepted {
  spec: Document;
  /** What is stored for it; `spec` where left out. */
  stored?: Document;
}

export interface Refused {
  /** Kept first, where an update of it is refused. */
  before?: Document;
  spec: Document;
  name?: string;
  causes: readonly Cause[];
}

export interface Case {
  /** Name of the file in `definitions`. */
  file: string;
  version: string;
  accepted: readonly Accepted[];
  refused: readonly Refused[];
}

/** Added where a schema, not a rule, refuses. */
const unchecked: Cause =
  '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; ' +
  'correct the existing errors to complete validation';

const storage = { size: '10Gi' };
const template = { apiVersion: 'v1', kind: 'Pod', metadata: { labels: { app: 'web' } } };

export const cases: readonly Case[] = [
  {
    file: 'databases',
    version: 'v1',
    accepted: [
      { spec: { engine: 'row', storage }, stored: { engine: 'row', storage, instances: 1 } },
      {
        spec: { engine: 'column', instances: 3, quorum: {}, storage: { size: 5, class: 'fast' } },
        stored: { engine: 'column', instances: 3, quorum: { method: 'any' }, storage: { size: 5, class: 'fast' } },
      },
      {
        spec: { engine: 'row', instances: 2, storage, backups: [{ name: 'nightly', schedule: '0 3 * * *' }] },
        stored: {
          engine: 'row',
          instances: 2,
          storage,
          backups: [{ name: 'nightly', schedule: '0 3 * * *', retain: '720h' }],
        },
      },
    ],
    refused: [
      {
        spec: { storage: {} },
        causes: ['spec.engine: Required value', 'spec.storage.size: Required value', unchecked],
      },
      {
        spec: { engine: 'graph', storage },
        causes: ['spec.engine: Unsupported value: "graph": supported values: "row", "column"', unchecked],
      },
      {
        spec: { engine: 'row', storage, instances: 2, quorum: {} },
        causes: ['spec.instances: Invalid value: a quorum by any needs an odd number of instances'],
      },
      {
        spec: { engine: 'row', storage: { size: 'much' } },
        causes: ['spec.storage.size: Invalid value: "much": must be a size'],
      },
      {
        name: 'a-name-that-is-far-too-long',
        spec: { engine: 'row', storage },
        causes: ['<nil>: Invalid value: names have at most 20 characters'],
      },
      {
        before: { engine: 'row', storage },
        spec: { engine: 'column', storage: { size: '1Gi' } },
        causes: [
          'spec.engine: Forbidden: the engine is immutable',
          'spec.storage.size: Invalid value: "1Gi": storage cannot shrink',
        ],
      },
      {
        spec: {
          engine: 'row',
          storage,
          backups: [
            { name: 'A', schedule: 'x' },
            { name: 'A', schedule: '0 3 * * *' },
          ],
        },
        causes: [
          'spec.backups[0].name: Invalid value: "A": spec.backups[0].name in body should match \'^[a-z0-9-]+$\'',
          'spec.backups[0].schedule: Invalid value: "x": spec.backups[0].schedule in body should be at least 9 chars long',
          'spec.backups[1].name: Invalid value: "A": spec.backups[1].name in body should match \'^[a-z0-9-]+$\'',
          'spec.backups[1]: Duplicate value: {"name":"A"}',
        ],
      },
    ],
  },
  {
    file: 'routes',
    version: 'v1',
    accepted: [
      {
        spec: { hosts: ['*.example.com'], listeners: [{ port: 80 }, { port: 80, protocol: 'TCP' }] },
        stored: {
          hosts: ['*.example.com'],
          listeners: [
            { port: 80, protocol: 'HTTP' },
            { port: 80, protocol: 'TCP' },
          ],
        },
      },
      {
        spec: {
          backends: [
            { weight: 1, address: '10.0.0.1' },
            { weight: 0, service: { name: 'web' } },
          ],
        },
      },
    ],
    refused: [
      { spec: { hosts: ['a', 'a'] }, causes: ['spec.hosts[1]: Duplicate value: "a"'] },
      {
        spec: { listeners: [{ port: 80 }, { port: 80 }] },
        causes: ['spec.listeners[1]: Duplicate value: {"port":80,"protocol":"HTTP"}'],
      },
      {
        spec: { listeners: [{ port: 70000, protocol: 'TCP', tls: true }] },
        causes: [
          'spec.listeners[0].port: Invalid value: 70000: spec.listeners[0].port in body should be less than or equal to 65535',
          'spec.listeners[0]: Invalid value: TCP has no tls',
        ],
      },
      {
        spec: { backends: [{ weight: 0, address: '10.0.0.1' }] },
        causes: ['spec.backends: Invalid value: one backend must have a weight'],
      },
    ],
  },
  {
    file: 'releases',
    version: 'v1',
    accepted: [
      { spec: { template }, stored: { template, maxSurge: '25%' } },
      {
        spec: {
          maxSurge: 1,
          replicas: 2,
          template: { ...template, anything: { goes: [1] } },
          steps: [{ pause: null }],
        },
      },
    ],
    refused: [
      {
        spec: { template: { metadata: { name: 'Not_A_Name' } } },
        causes: ['spec.template.apiVersion: Required value', 'spec.template.kind: Required value'],
      },
      {
        spec: { template, maxSurge: true, steps: [{ setWeight: 101, pause: {} }] },
        causes: [
          '<nil>: Invalid value: "": "spec.maxSurge" must validate at least one schema (anyOf)',
          'spec.maxSurge: Invalid value: "boolean": spec.maxSurge in body must be of type integer,string: "boolean"',
          'spec.maxSurge: Invalid value: "boolean": spec.maxSurge in body must be of type integer: "boolean"',
          'spec.steps[0].setWeight: Invalid value: 101: spec.steps[0].setWeight in body should be less than or equal to 100',
          'spec.steps[0]: Too many: 2: must have at most 1 item',
        ],
      },
    ],
  },
  {
    file: 'guards',
    version: 'v1alpha1',
    accepted: [
      { spec: { generation: 1 }, stored: { generation: 1, owner: 'nobody' } },
      {
        spec: { free: [1, { two: 'x' }], kept: { known: true, unknown: null }, owner: null, limits: { a: 1, b: '2k' } },
      },
      {
        spec: { from: '2026-01-01T00:00:00Z', networks: ['10.0.0.0/8'], pruned: true },
        stored: { from: '2026-01-01T00:00:00Z', networks: ['10.0.0.0/8'], owner: 'nobody' },
      },
    ],
    refused: [
      { spec: { generation: 2 }, causes: ['spec.generation: Invalid value: 2: generations begin with 1 and grow'] },
      {
        spec: { from: 'today', networks: ['10.0.0.0'] },
        causes: [
          'spec.from: Invalid value: "today": spec.from in body must be of type date-time: "today"',
          'spec.networks[0]: Invalid value: "10.0.0.0": spec.networks[0] in body must be of type cidr: "10.0.0.0"',
          unchecked,
        ],
      },
      {
        spec: { verbs: ['get', 'drop'] },
        causes: ['spec.verbs[1]: Unsupported value: "drop": supported values: "get", "list"', unchecked],
      },
    ],
  },
];
