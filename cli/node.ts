// `pgplane node`: the node agent as a process of its own, for any API server that a kubeconfig names.
import { Client } from '../client/client.ts';
import { http2Transport } from '../client/http2-transport.ts';
import { inClusterConfig, loadKubeconfig } from '../client/kubeconfig.ts';
import { type HollowFlags, hollowAgent, hollowDescription, refuseContainerd } from './hollow-nodes.ts';
import { createLogger } from './log.ts';

export interface NodeFlags extends HollowFlags {
  kubeconfig?: string;
  v: number;
}

/** Runs until SIGTERM or SIGINT. */
export async function runNode(flags: NodeFlags): Promise<void> {
  const log = createLogger(flags.v);
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
  try {
    refuseContainerd(flags);
    const { kubeconfig, nodes = 1, runtime } = flags;
    const config = kubeconfig === undefined ? await inClusterConfig(process.env) : await loadKubeconfig(kubeconfig);
    const transport = http2Transport(config);
    const ending = signalled();
    try {
      const agent = await hollowAgent(new Client(transport, { userAgent: 'kubelet' }), flags, nodes, log);
      const starting = agent.start().then(() => {
        process.stdout.write(`nodes of ${config.server}: ${hollowDescription(nodes, runtime)}\n`);
      });
      try {
        await Promise.race([starting.then(() => ending), ending]);
      } finally {
        await agent.stop();
        await starting.catch(() => undefined);
      }
    } finally {
      await transport.close();
    }
  } catch (error) {
    process.stderr.write(`pgplane: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}
