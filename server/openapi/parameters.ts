// The query and path parameters of the API, named in operations by what they are for.

export interface Parameter {
  name: string;
  in: 'path' | 'query';
  type: 'boolean' | 'integer' | 'string';
  description: string;
}

type Facts = readonly [name: string, type: Parameter['type'], description: string];

function query([name, type, description]: Facts): Parameter {
  return { name, in: 'query', type, description };
}

const pretty: Facts = ['pretty', 'string', "If 'true', the answer is indented JSON."];
const dryRun: Facts = ['dryRun', 'string', "'All' runs every stage of the request but keeps nothing."];
const fieldValidation: Facts = [
  'fieldValidation',
  'string',
  "What to do about unknown and repeated fields: 'Ignore' drops them, 'Warn' (the default) drops them with a warning each, 'Strict' refuses the request.",
];
const limit: Facts = [
  'limit',
  'integer',
  'The most items to list at once; more are listed with the continue token of the answer.',
];
const resourceVersion: Facts = [
  'resourceVersion',
  'string',
  'Which state to list or watch from; unset means the latest, 0 whatever is at hand.',
];

/** Parameters of lists and watches, in the order of the documents. */
const listFacts: readonly Facts[] = [
  ['allowWatchBookmarks', 'boolean', 'Asks for events of type BOOKMARK, which tell how far a watch has come.'],
  ['continue', 'string', 'The continue token of the answer before: lists what comes after it, at the same state.'],
  ['fieldSelector', 'string', 'Restricts the list to objects with these fields.'],
  ['labelSelector', 'string', 'Restricts the list to objects with these labels.'],
  limit,
  resourceVersion,
  ['resourceVersionMatch', 'string', "How resourceVersion applies to a list: 'Exact' or 'NotOlderThan'."],
  [
    'sendInitialEvents',
    'boolean',
    'A watch begins with an event for every object there is, and a bookmark after them.',
  ],
  ['shardSelector', 'string', 'Restricts the list to a range of hashes; needs a feature that is off by default.'],
  ['timeoutSeconds', 'integer', 'Ends the list or watch after this time, whatever happens.'],
  ['watch', 'boolean', 'Streams changes instead of a list.'],
];

const deleteFacts: readonly Facts[] = [
  dryRun,
  ['gracePeriodSeconds', 'integer', 'How long the object may take to end; 0 deletes it at once.'],
  [
    'ignoreStoreReadErrorWithClusterBreakingPotential',
    'boolean',
    'Deletes an object that cannot be read from storage any more, without its finalizers.',
  ],
  ['orphanDependents', 'boolean', 'Superseded by propagationPolicy: whether dependents stay.'],
  ['propagationPolicy', 'string', "What becomes of dependents: 'Orphan', 'Background' or 'Foreground'."],
];

const writeFacts: readonly Facts[] = [
  dryRun,
  [
    'fieldManager',
    'string',
    'The name under which the fields that are written are recorded; at most 128 printable characters.',
  ],
  fieldValidation,
];

const patchFacts: readonly Facts[] = [
  dryRun,
  [
    'fieldManager',
    'string',
    'The name under which the fields that are written are recorded; an apply patch needs one.',
  ],
  fieldValidation,
  ['force', 'boolean', 'An apply patch takes over fields that others manage.'],
];

const logFacts: readonly Facts[] = [
  ['container', 'string', 'The container whose log to read; needed where the pod has several.'],
  ['follow', 'boolean', 'Goes on with what is written from now on.'],
  ['insecureSkipTLSVerifyBackend', 'boolean', "Does not check the node's certificate."],
  ['limitBytes', 'integer', 'The most bytes to read.'],
  pretty,
  ['previous', 'boolean', 'Reads the log of the container before its last restart.'],
  ['sinceSeconds', 'integer', 'How far back to begin.'],
  ['stream', 'string', "Which stream to read: 'All', 'Stdout' or 'Stderr'."],
  ['tailLines', 'integer', 'How many lines from the end to begin at.'],
  ['timestamps', 'boolean', 'Puts a time before each line.'],
];

const streamFacts = (what: string): readonly Facts[] => [
  ['container', 'string', `The container to ${what}; the only one by default.`],
  ['stderr', 'boolean', 'Passes on standard error.'],
  ['stdin', 'boolean', 'Passes on standard input.'],
  ['stdout', 'boolean', 'Passes on standard output.'],
  ['tty', 'boolean', 'Runs on a terminal.'],
];

const proxyFacts: readonly Facts[] = [['path', 'string', 'The part of the URL after the proxy.']];

export const parameters = {
  pretty: [query(pretty)],
  list: listFacts.map(query),
  write: writeFacts.map(query),
  patch: patchFacts.map(query),
  delete: deleteFacts.map(query),
  deleteCollection: [
    ...listFacts.filter(([name]) => name !== 'allowWatchBookmarks' && name !== 'watch'),
    ...deleteFacts,
  ].map(query),
  get: [query(resourceVersion)],
  log: logFacts.map(query),
} as const;

/** Query parameters of the kinds that connections take. */
export const connectParameters: Readonly<Record<string, readonly Parameter[]>> = {
  PodAttachOptions: streamFacts('attach to').map(query),
  PodExecOptions: [
    query(['command', 'string', 'The command to run, an argument each.']),
    ...streamFacts('run it in').map(query),
  ],
  PodPortForwardOptions: [query(['ports', 'integer', 'The ports to forward.'])],
  NodeProxyOptions: proxyFacts.map(query),
  PodProxyOptions: proxyFacts.map(query),
  ServiceProxyOptions: proxyFacts.map(query),
};

export const namespaceParameter: Parameter = {
  name: 'namespace',
  in: 'path',
  type: 'string',
  description: 'The namespace of the object.',
};

export const pathParameter: Parameter = {
  name: 'path',
  in: 'path',
  type: 'string',
  description: 'The path to ask for behind the proxy.',
};

export function nameParameter(kind: string): Parameter {
  return { name: 'name', in: 'path', type: 'string', description: `The name of the ${kind}.` };
}
