// The query and path parameters of the API, named in operations by what they are for.

export interface Parameter {
  name: string;
  in: 'path' | 'query';
  type: 'boolean' | 'integer' | 'string';
  description: string;
  /** What upstream's OpenAPI v2 document, which has it once for all operations, adds to its name; undefined: it stands in each. */
  sharedAs?: string;
}

type Facts = readonly [name: string, type: Parameter['type'], description: string, sharedAs?: string];

function query([name, type, description, sharedAs]: Facts): Parameter {
  return { name, in: 'query', type, description, ...(sharedAs === undefined ? {} : { sharedAs }) };
}

const pretty: Facts = ['pretty', 'string', "If 'true', the answer is indented JSON.", 'tJGM1-ng'];
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
  '1NfNmdNH',
];
const resourceVersion: Facts = [
  'resourceVersion',
  'string',
  'Which state to list or watch from; unset means the latest, 0 whatever is at hand.',
  '5WAnf1kx',
];

/** Parameters of lists and watches, in the order of the documents. */
const listFacts: readonly Facts[] = [
  [
    'allowWatchBookmarks',
    'boolean',
    'Asks for events of type BOOKMARK, which tell how far a watch has come.',
    'HC2hJt-J',
  ],
  [
    'continue',
    'string',
    'The continue token of the answer before: lists what comes after it, at the same state.',
    'QfD61s0i',
  ],
  ['fieldSelector', 'string', 'Restricts the list to objects with these fields.', 'xIcQKXFG'],
  ['labelSelector', 'string', 'Restricts the list to objects with these labels.', '5Zw57w4C'],
  limit,
  resourceVersion,
  ['resourceVersionMatch', 'string', "How resourceVersion applies to a list: 'Exact' or 'NotOlderThan'.", 't8XhRHeC'],
  [
    'sendInitialEvents',
    'boolean',
    'A watch begins with an event for every object there is, and a bookmark after them.',
    'rLXlEK_k',
  ],
  [
    'shardSelector',
    'string',
    'Restricts the list to a range of hashes; needs a feature that is off by default.',
    'Kgyki_3_',
  ],
  ['timeoutSeconds', 'integer', 'Ends the list or watch after this time, whatever happens.', 'yvYezaOC'],
  ['watch', 'boolean', 'Streams changes instead of a list.', 'XNNPZGbK'],
];

const deleteFacts: readonly Facts[] = [
  dryRun,
  ['gracePeriodSeconds', 'integer', 'How long the object may take to end; 0 deletes it at once.', '-K5HaBOS'],
  [
    'ignoreStoreReadErrorWithClusterBreakingPotential',
    'boolean',
    'Deletes an object that cannot be read from storage any more, without its finalizers.',
    'QbNkfIqj',
  ],
  ['orphanDependents', 'boolean', 'Superseded by propagationPolicy: whether dependents stay.', 'uRB25kX5'],
  ['propagationPolicy', 'string', "What becomes of dependents: 'Orphan', 'Background' or 'Foreground'.", '6jk3prlO'],
];

const writeFacts: readonly Facts[] = [
  dryRun,
  [
    'fieldManager',
    'string',
    'The name under which the fields that are written are recorded; at most 128 printable characters.',
    'Qy4HdaTW',
  ],
  fieldValidation,
];

const patchFacts: readonly Facts[] = [
  dryRun,
  [
    'fieldManager',
    'string',
    'The name under which the fields that are written are recorded; an apply patch needs one.',
    '7c6nTn1T',
  ],
  fieldValidation,
  ['force', 'boolean', 'An apply patch takes over fields that others manage.', 'tOGGb0Yi'],
];

const logFacts: readonly Facts[] = [
  ['container', 'string', 'The container whose log to read; needed where the pod has several.', '1GeXxFDC'],
  ['follow', 'boolean', 'Goes on with what is written from now on.', '9OIXh_2R'],
  ['insecureSkipTLSVerifyBackend', 'boolean', "Does not check the node's certificate.", 'gM00jVbe'],
  ['limitBytes', 'integer', 'The most bytes to read.', 'zwd1RXuc'],
  pretty,
  ['previous', 'boolean', 'Reads the log of the container before its last restart.', '1jxDPu3y'],
  ['sinceSeconds', 'integer', 'How far back to begin.', 'vE2NLdnP'],
  ['stream', 'string', "Which stream to read: 'All', 'Stdout' or 'Stderr'.", 'l-48cgXv'],
  ['tailLines', 'integer', 'How many lines from the end to begin at.', '9xQLWHMV'],
  ['timestamps', 'boolean', 'Puts a time before each line.', 'c17fW1w_'],
];

/** The two kinds of streams differ upstream in the words of their descriptions, and so in what is added to the names. */
const streamFacts = (what: string, sharedAs: readonly string[]): readonly Facts[] => [
  ['container', 'string', `The container to ${what}; the only one by default.`, sharedAs[0]],
  ['stderr', 'boolean', `Passes on standard error of what it was asked to ${what}.`, sharedAs[1]],
  ['stdin', 'boolean', `Passes on standard input to what it was asked to ${what}.`, sharedAs[2]],
  ['stdout', 'boolean', `Passes on standard output of what it was asked to ${what}.`, sharedAs[3]],
  ['tty', 'boolean', `Takes a terminal for what it was asked to ${what}.`, sharedAs[4]],
];

const attachFacts = streamFacts('attach to', ['_Q-EJ3nR', '26jJhFUR', 'sEFnN3IS', '005YMKE6', 'g7MlET_l']);
const execFacts = streamFacts('run in', ['i5dOmRiM', 'W_1TNlWc', 'PSzNhyUC', '-EZLRwV1', 's0flW37O']);

const proxyFacts = (kind: string, sharedAs: string): readonly Facts[] => [
  ['path', 'string', `The part of the URL after the proxy of a ${kind}.`, sharedAs],
];

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
  PodAttachOptions: attachFacts.map(query),
  PodExecOptions: [
    query(['command', 'string', 'The command to run, an argument each.', 'Py3eQybp']),
    ...execFacts.map(query),
  ],
  PodPortForwardOptions: [query(['ports', 'integer', 'The ports to forward.', '91KROJmm'])],
  NodeProxyOptions: proxyFacts('Node', 'rFDtV0x9').map(query),
  PodProxyOptions: proxyFacts('Pod', 'oPbzgLUj').map(query),
  ServiceProxyOptions: proxyFacts('Service', 'QCf0eosM').map(query),
};

export const namespaceParameter: Parameter = {
  name: 'namespace',
  in: 'path',
  type: 'string',
  description: 'The namespace of the object.',
  sharedAs: 'vgWSWtn3',
};

export const pathParameter: Parameter = {
  name: 'path',
  in: 'path',
  type: 'string',
  description: 'The path to ask for behind the proxy.',
  sharedAs: 'z6Ciiujn',
};

export function nameParameter(kind: string): Parameter {
  return { name: 'name', in: 'path', type: 'string', description: `The name of the ${kind}.` };
}
