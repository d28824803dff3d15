// Plays files of the corpus against a server, one request after the other, and cleans up what it made.
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Answer, CorpusFile, CorpusRequest, Document } from './corpus.ts';
import { edited } from './edit.ts';
import { normalized } from './normalize.ts';
import type { Target, WireRequest } from './target.ts';

/** How one request went. */
export interface Result {
  file: string;
  it: string;
  request: CorpusRequest;
  got: Answer;
  same: boolean;
}

interface Kind {
  plural: string;
  namespaced: boolean;
}

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** Plays one file and answers what each of its requests got. Rejects where the server gives no answer. */
export async function play(target: Target, file: CorpusFile): Promise<Result[]> {
  const player = new Player(target, file);
  await player.prepare();
  const results: Result[] = [];
  try {
    for (const request of file.requests) {
      const got = await player.answer(request);
      results.push({ file: file.name, it: request.it, request, got, same: isDeepStrictEqual(got, request.want) });
    }
  } finally {
    await player.cleanUp();
  }
  return results;
}

/** One file's sequence: its namespace, its objects' paths, and what has been made so far. */
class Player {
  readonly #target: Target;
  readonly #file: CorpusFile;
  /** The namespace as the file knows it, and as it is called in this run: one that ends slowly is not met again. */
  readonly #name: string;
  readonly #namespace: string;
  readonly #kinds = new Map<string, Promise<Map<string, Kind>>>();
  readonly #made = new Set<string>();

  constructor(target: Target, file: CorpusFile) {
    this.#target = target;
    this.#file = file;
    this.#name = `corpus-${file.name}`;
    this.#namespace = `${this.#name}-${randomBytes(3).toString('hex')}`;
  }

  /** The namespace, and the service account that a controller would make. */
  async prepare(): Promise<void> {
    const namespaces = '/api/v1/namespaces';
    const name = this.#namespace;
    await this.#post(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
    await this.#post(`${namespaces}/${name}/serviceaccounts`, account);
  }

  async answer(request: CorpusRequest): Promise<Answer> {
    const answer = await this.#target.send(this.#renamed(await this.#wire(request)));
    if (request.create !== undefined && answer.status < 300) {
      this.#made.add(await this.#path(this.#object(request.create)));
    }
    const body = Buffer.from(answer.body.toString().replaceAll(this.#namespace, this.#name));
    return normalized({ ...answer, body }, this.#written(request));
  }

  /** With the namespace as it is called in this run. */
  #renamed({ body, ...rest }: WireRequest): WireRequest {
    return { ...rest, body: body?.toString().replaceAll(this.#name, this.#namespace) };
  }

  /** What the file itself says of a request and its object. */
  #written(request: CorpusRequest): string {
    const verb = verbs.find((candidate) => request[candidate] !== undefined)!;
    return JSON.stringify([this.#file.objects[request[verb]!], request.set, request.body]);
  }

  /** Deletes at once what was created, the last first, and then the namespace. */
  async cleanUp(): Promise<void> {
    const paths = [...this.#made].reverse();
    for (const path of [...paths, `/api/v1/namespaces/${this.#namespace}`]) {
      const unfinalized = JSON.stringify({ metadata: { finalizers: null } });
      await this.#target.send({ method: 'PATCH', path, body: unfinalized, type: patchTypes.merge });
      await this.#target.send({ method: 'DELETE', path, body: JSON.stringify({ gracePeriodSeconds: 0 }) });
    }
  }

  async #post(path: string, body: Document): Promise<void> {
    await this.#target.send({ method: 'POST', path, body: JSON.stringify(body) });
  }

  #object(name: string): Document {
    const object = this.#file.objects[name];
    if (object === undefined) throw new Error(`${this.#file.path} has no object ${name}`);
    return object;
  }

  async #wire(request: CorpusRequest): Promise<WireRequest> {
    const { query, subresource, accept, body, set, drop } = request;
    const verb = verbs.find((candidate) => request[candidate] !== undefined);
    if (verb === undefined) throw new Error(`${this.#file.path}: ${request.it}: no verb`);
    const object = this.#object(request[verb]!);
    const tail = (subresource ? `/${subresource}` : '') + (query ? `?${query}` : '');
    const path = await this.#path(object);
    const collection = path.slice(0, path.lastIndexOf('/'));
    const written = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    switch (verb) {
      case 'create':
        return { method: 'POST', path: collection + tail, accept, body: JSON.stringify(edited(object, set, drop)) };
      case 'try': {
        const dry = `${collection}?dryRun=All${query ? `&${query}` : ''}`;
        return { method: 'POST', path: dry, accept, body: JSON.stringify(edited(object, set, drop)) };
      }
      case 'put':
        return { method: 'PUT', path: path + tail, accept, body: JSON.stringify(edited(object, set, drop)) };
      case 'edit': {
        const live = await this.#target.send({ method: 'GET', path: path + (subresource ? `/${subresource}` : '') });
        const text = live.body.toString().replaceAll(this.#namespace, this.#name);
        const change = edited(JSON.parse(text) as Document, set, drop);
        return { method: 'PUT', path: path + tail, accept, body: JSON.stringify(change) };
      }
      case 'patch':
        return {
          method: 'PATCH',
          path: path + tail,
          accept,
          body: written,
          type: patchTypes[request.type ?? 'strategic'],
        };
      case 'post':
        return { method: 'POST', path: path + tail, accept, body: written };
      case 'list':
        return { method: 'GET', path: collection + tail, accept };
      case 'get':
        return { method: 'GET', path: path + tail, accept };
      case 'delete':
        return { method: 'DELETE', path: path + tail, accept, body: written };
    }
  }

  /** The path of an object of the file, found through the server's own discovery. */
  async #path({ apiVersion, kind, metadata }: Document): Promise<string> {
    const version = String(apiVersion);
    const root = version.includes('/') ? `/apis/${version}` : `/api/${version}`;
    const kinds = this.#kinds.get(root) ?? this.#discover(root);
    this.#kinds.set(root, kinds);
    const found = (await kinds).get(String(kind));
    if (found === undefined) throw new Error(`${this.#file.path}: the server does not serve ${version} ${kind}`);
    const { name, namespace = this.#namespace } = metadata as { name: string; namespace?: string };
    const scope = found.namespaced ? `/namespaces/${namespace}` : '';
    return `${root}${scope}/${found.plural}/${name}`;
  }

  async #discover(root: string): Promise<Map<string, Kind>> {
    const { body } = await this.#target.send({ method: 'GET', path: root });
    const { resources = [] } = JSON.parse(body.toString()) as {
      resources?: { name: string; kind: string; namespaced: boolean }[];
    };
    const top = resources.filter(({ name }) => !name.includes('/'));
    return new Map(top.map(({ name, kind, namespaced }) => [kind, { plural: name, namespaced }]));
  }
}

const verbs = ['create', 'try', 'edit', 'put', 'patch', 'get', 'list', 'delete', 'post'] as const;
