// Schedulers of others that are asked over HTTP (pkg/scheduler/extender.go, staging k8s.io/kube-scheduler/extender/v1). Names of fields
// are Go's own, in capitals; answers may have them in any case.
import { readFileSync } from 'node:fs';
import { request as httpRequest, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Node, Pod } from '../client/kinds.ts';
import type { ExtenderConfiguration } from './config/types.ts';
import type { NodeInfo } from './framework/node-info.ts';
import { podRequests } from './framework/resources.ts';

/** The pods that would have to go from a node, most important first. */
export interface Victims {
  pods: readonly Pod[];
  pdbViolations: number;
}

export interface ExtenderFilterAnswer {
  nodes: NodeInfo[];
  /** Messages by node. */
  failed: ReadonlyMap<string, string>;
  failedAndUnresolvable: ReadonlyMap<string, string>;
}

/** An extender's best score. */
export const maxExtenderPriority = 10;

export class Extender {
  readonly #config: ExtenderConfiguration;
  readonly #managed: ReadonlySet<string>;
  readonly #url: string;
  readonly #agent: HttpsAgent | undefined;

  constructor(config: ExtenderConfiguration) {
    this.#config = config;
    this.#managed = new Set(config.managedResources.map(({ name }) => name));
    this.#url = config.urlPrefix.replace(/\/+$/, '');
    this.#agent = this.#url.startsWith('https:') ? agentOf(config) : undefined;
  }

  get name(): string {
    return this.#config.urlPrefix;
  }

  /** What it answers is not worth failing for. */
  get ignorable(): boolean {
    return this.#config.ignorable;
  }

  get isFilter(): boolean {
    return this.#config.filterVerb !== '';
  }

  get isPrioritizer(): boolean {
    return this.#config.prioritizeVerb !== '';
  }

  get isBinder(): boolean {
    return this.#config.bindVerb !== '';
  }

  get supportsPreemption(): boolean {
    return this.#config.preemptVerb !== '';
  }

  get weight(): number {
    return this.#config.weight;
  }

  /** Whether the pod asks for something that it manages; it manages everything where nothing is named. */
  isInterested(pod: Pod): boolean {
    if (this.#managed.size === 0) return true;
    const { containers = [], initContainers = [] } = pod.spec ?? {};
    return (
      [...containers, ...initContainers].some(({ resources }) =>
        [resources?.requests, resources?.limits].some((list) =>
          Object.keys(list ?? {}).some((n) => this.#managed.has(n)),
        ),
      ) || [...podRequests(pod).keys()].some((name) => this.#managed.has(name))
    );
  }

  /** Throws what went wrong. */
  async filter(pod: Pod, nodes: readonly NodeInfo[]): Promise<ExtenderFilterAnswer> {
    const answer = fields(await this.#send(this.#config.filterVerb, { Pod: pod, ...this.#nodesOf(nodes) }));
    if (answer['error']) throw new Error(String(answer['error']));
    const byName = new Map(nodes.map((node) => [node.name, node]));
    const named = (answer['nodenames'] as string[] | null) ?? namesOf(answer['nodes']);
    const left = named.map((name) => {
      const node = byName.get(name);
      if (node === undefined)
        throw new Error(
          `extender "${this.name}" claims a filtered node "${name}" which is not found in the input node list`,
        );
      return node;
    });
    return {
      nodes: left,
      failed: messages(answer['failednodes']),
      failedAndUnresolvable: messages(answer['failedandunresolvablenodes']),
    };
  }

  /** Scores by node, 0 to 10. Throws what went wrong. */
  async prioritize(pod: Pod, nodes: readonly NodeInfo[]): Promise<Map<string, number>> {
    const answer = await this.#send(this.#config.prioritizeVerb, { Pod: pod, ...this.#nodesOf(nodes) });
    const scores = new Map<string, number>();
    for (const item of (answer as object[] | null) ?? []) {
      const { host, score } = fields(item);
      scores.set(String(host), Number(score ?? 0));
    }
    return scores;
  }

  async bind({ metadata: { namespace, name, uid } }: Pod, nodeName: string): Promise<void> {
    const body = { PodName: name, PodNamespace: namespace, PodUID: uid, Node: nodeName };
    const { error } = fields(await this.#send(this.#config.bindVerb, body));
    if (error) throw new Error(String(error));
  }

  /** The candidates that are left, with the victims that the extender leaves. Throws what went wrong. */
  async processPreemption(
    pod: Pod,
    candidates: ReadonlyMap<string, Victims>,
    nodeOf: (name: string) => NodeInfo | undefined,
  ): Promise<Map<string, Victims>> {
    const whole = (victims: Victims) => ({ Pods: victims.pods, NumPDBViolations: victims.pdbViolations });
    const meta = ({ pods, pdbViolations }: Victims) => ({
      Pods: pods.map(({ metadata }) => ({ UID: metadata.uid })),
      NumPDBViolations: pdbViolations,
    });
    const form = this.#config.nodeCacheCapable
      ? { NodeNameToMetaVictims: mapped(candidates, meta) }
      : { NodeNameToVictims: mapped(candidates, whole) };
    const answer = fields(await this.#send(this.#config.preemptVerb, { Pod: pod, ...form }));
    const left = new Map<string, Victims>();
    for (const [nodeName, value] of Object.entries((answer['nodenametometavictims'] as object | null) ?? {})) {
      const victims = fields(value);
      const pods = ((victims['pods'] as object[] | null) ?? []).map((item) =>
        this.#victim(String(fields(item)['uid']), nodeName, nodeOf(nodeName)),
      );
      left.set(nodeName, { pods, pdbViolations: Number(victims['numpdbviolations'] ?? 0) });
    }
    return left;
  }

  close(): void {
    this.#agent?.destroy();
  }

  #victim(uid: string, nodeName: string, node: NodeInfo | undefined): Pod {
    const found = node?.pods.find((info) => info.uid === uid);
    if (found === undefined)
      throw new Error(
        `extender: ${this.name} claims to preempt pod (UID: &{${uid}}) on node: ${nodeName}, but the pod is not found on that node`,
      );
    return found.pod;
  }

  #nodesOf(nodes: readonly NodeInfo[]): { Nodes: object | null; NodeNames: string[] | null } {
    if (this.#config.nodeCacheCapable) return { Nodes: null, NodeNames: nodes.map(({ name }) => name) };
    const items: Node[] = nodes.map(({ node }) => node);
    return { Nodes: { metadata: {}, items }, NodeNames: null };
  }

  #send(verb: string, body: object): Promise<unknown> {
    const url = `${this.#url}/${verb}`;
    const text = JSON.stringify(body);
    const options: RequestOptions = {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
      signal: AbortSignal.timeout(this.#config.httpTimeoutMs),
      ...(this.#agent === undefined ? {} : { agent: this.#agent }),
    };
    return new Promise((resolve, reject) => {
      const sent = (this.#agent === undefined ? httpRequest : httpsRequest)(url, options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode !== 200) {
            reject(new Error(`failed ${verb} with extender at URL ${url}, code ${response.statusCode}`));
            return;
          }
          try {
            resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')));
          } catch (error) {
            reject(error);
          }
        });
      });
      sent.on('error', reject);
      sent.end(text);
    });
  }
}

function agentOf({ tlsConfig: tls }: ExtenderConfiguration): HttpsAgent {
  const pem = (data: string | undefined, file: string | undefined) =>
    data ? Buffer.from(data, 'base64') : file ? readFileSync(file) : undefined;
  const ca = pem(tls?.caData, tls?.caFile);
  return new HttpsAgent({
    keepAlive: true,
    // As upstream: whoever names no authority does not check.
    rejectUnauthorized: ca !== undefined && !tls?.insecure,
    ca,
    cert: pem(tls?.certData, tls?.certFile),
    key: pem(tls?.keyData, tls?.keyFile),
    ...(tls?.serverName ? { servername: tls.serverName } : {}),
  });
}

function fields(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toLowerCase(), item]));
}

function namesOf(list: unknown): string[] {
  return ((fields(list)['items'] as Node[] | null | undefined) ?? []).map(({ metadata }) => metadata.name);
}

function messages(value: unknown): Map<string, string> {
  return new Map(Object.entries((value as Record<string, string> | null | undefined) ?? {}));
}

function mapped<T>(candidates: ReadonlyMap<string, Victims>, form: (victims: Victims) => T): Record<string, T> {
  return Object.fromEntries([...candidates].map(([node, victims]) => [node, form(victims)]));
}
