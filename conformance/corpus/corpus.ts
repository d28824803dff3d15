// The corpus: files of requests in sequence, each with the answer that kube-apiserver v1.36 gives. A file's sequence runs in a
// namespace of its own; README.md has the form of a file.
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseDocument } from 'yaml';

/** Any JSON object. */
export type Document = Record<string, unknown>;

/** What a server answers, as far as it is the same for every server: see normalize.ts. */
export interface Answer {
  status: number;
  /** Of a Status that says no. */
  reason?: string;
  /** Of a Status without causes; otherwise it follows from them. */
  message?: string;
  causes?: { reason?: string; message?: string; field?: string }[];
  warnings?: string[];
  /** Whatever else the server sends back: the object as stored, a list, a Status that says yes. */
  object?: unknown;
}

/** One request. Exactly one of the verbs names an object of the file. */
export interface CorpusRequest {
  it: string;
  /** POST of the object. */
  create?: string;
  /** POST of the object that is not stored: `dryRun=All`. */
  try?: string;
  /** PUT of the live object with `set` and `drop`. */
  edit?: string;
  /** PUT of the object as the file has it. */
  put?: string;
  patch?: string;
  get?: string;
  list?: string;
  delete?: string;
  /** POST of `body` to a subresource. */
  post?: string;
  subresource?: string;
  query?: string;
  /** Of a patch; strategic unless said. */
  type?: 'json' | 'merge' | 'strategic' | 'apply';
  accept?: string;
  /** The body of a patch, a POST or a DELETE. */
  body?: unknown;
  /** Field paths to values, put into the object. */
  set?: Record<string, unknown>;
  /** Field paths taken out of the object, before `set`. */
  drop?: string[];
  want: Answer;
}

/** One file. */
export interface CorpusFile {
  /** The file's name without its ending; the namespace is `corpus-` and this. */
  name: string;
  path: string;
  objects: Record<string, Document>;
  requests: CorpusRequest[];
}

const folder = new URL('./requests/', import.meta.url);

/** The files whose name begins with `only`, in alphabetical order. Throws where one is not YAML. */
export function loadCorpus(only = ''): CorpusFile[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name.startsWith(only));
  return names.sort().map((name) => loadFile(new URL(name, folder).pathname));
}

function loadFile(path: string): CorpusFile {
  const document = parseDocument(readFileSync(path, 'utf8'));
  if (document.errors.length > 0) throw new Error(`${path}: ${document.errors[0]!.message}`);
  return { name: basename(path, '.yaml'), path, ...(document.toJS() as Pick<CorpusFile, 'objects' | 'requests'>) };
}
