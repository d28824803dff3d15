// What `pgplane up` and `pgplane node` do alike: the flags of simulated nodes, and the agent that they come to.
import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Logger } from 'pino';
import type { Client } from '../client/client.ts';
import type { Taint } from '../node-agent/node/node-object.ts';
import type { NodeAgent } from '../node-agent/node-agent.ts';

/** As commander hands them over. */
export interface HollowFlags {
  nodes?: number;
  runtime?: 'auto' | 'containerd' | 'hollow';
  nodeNamePrefix?: string;
  nodeLabels?: Record<string, string>;
  registerWithTaints?: Taint[];
  nodeCapacity?: Record<string, string>;
  /** Of `up` a list: the controllers share the flag. */
  clusterCidr?: string | string[];
  stages?: string;
  podEvents?: boolean;
}

function pairs(text: string, before: Record<string, string> = {}): Record<string, string> {
  const result = { ...before };
  for (const part of text.split(',').filter((piece) => piece !== '')) {
    const equals = part.indexOf('=');
    if (equals < 1) throw new InvalidArgumentError('Give name=value, more of them by commas.');
    result[part.slice(0, equals)] = part.slice(equals + 1);
  }
  return result;
}

/** `key=value:Effect`, by commas (--register-with-taints of the kubelet). */
function taints(text: string): Taint[] {
  return text.split(',').map((part) => {
    const [, key, value, effect] = /^([^=:]+)(?:=([^:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(part) ?? [];
    if (key === undefined || effect === undefined)
      throw new InvalidArgumentError('Give key=value:Effect with NoSchedule, PreferNoSchedule or NoExecute.');
    return { key, effect, ...(value ? { value } : {}) };
  });
}

/** Of simulated nodes; a flag that the command has already is shared with it. */
export function addHollowFlags(command: Command): Command {
  const known = new Set(command.options.map(({ long }) => long));
  const options = [
    new Option('--node-name-prefix <prefix>', 'names of simulated nodes: this and a number (default: hollow-)'),
    new Option('--node-labels <labels>', 'labels of the nodes, as name=value by commas').argParser(pairs),
    new Option('--register-with-taints <taints>', 'taints of new nodes, as key=value:Effect by commas').argParser(
      taints,
    ),
    new Option('--node-capacity <resources>', 'what simulated nodes have, as cpu=32,memory=256Gi').argParser(pairs),
    new Option('--cluster-cidr <cidr>', 'addresses of Pods on simulated nodes, 256 for each (default: 10.128.0.0/9)'),
    new Option('--stages <file>', 'YAML of what simulated Pods do and when (default: they run at once)'),
    new Option('--pod-events [boolean]', 'record Events of simulated Pods (default: true)')
      .argParser((text) => text !== 'false')
      .preset('true'),
  ];
  for (const option of options) if (!known.has(option.long ?? '')) command.addOption(option);
  return command;
}

/** An agent with the nodes that the flags ask for, not started. Throws for a stage table that is wrong, and what the server answers. */
export async function hollowAgent(client: Client, flags: HollowFlags, count: number, log: Logger): Promise<NodeAgent> {
  const [{ hollowNodes }, { parseStages }, { NodeAgent }, { versionInfo }] = await Promise.all([
    import('../node-agent/hollow/hollow-nodes.ts'),
    import('../node-agent/hollow/stages.ts'),
    import('../node-agent/node-agent.ts'),
    import('../server/version.ts'),
  ]);
  const { nodeNamePrefix, nodeLabels, registerWithTaints, nodeCapacity } = flags;
  const clusterCidr = [flags.clusterCidr ?? []].flat()[0];
  const nodes = await hollowNodes(client, {
    count,
    kubeletVersion: versionInfo.gitVersion,
    ...(nodeNamePrefix === undefined ? {} : { namePrefix: nodeNamePrefix }),
    ...(nodeLabels === undefined ? {} : { labels: nodeLabels }),
    ...(registerWithTaints === undefined ? {} : { taints: registerWithTaints }),
    ...(nodeCapacity === undefined ? {} : { capacity: nodeCapacity }),
    ...(clusterCidr === undefined ? {} : { clusterCidr }),
    ...(flags.stages === undefined ? {} : { stages: parseStages(await readFile(flags.stages, 'utf8')) }),
  });
  return new NodeAgent(nodes, { client, log, events: flags.podEvents !== false });
}

/** What is said of nodes that run, after their number. */
export function hollowDescription(count: number, runtime: HollowFlags['runtime']): string {
  const nodes = `${count} hollow (simulated: nothing is run; labelled type=hollow)`;
  return runtime === 'hollow' ? nodes : `${nodes}: this version runs no containers`;
}

/** What this version cannot do, before anything is started. */
export function refuseContainerd({ runtime }: HollowFlags): void {
  if (runtime === 'containerd') throw new Error('--runtime containerd: this version has simulated nodes only (hollow)');
}
