// Clients of a test cluster, over each transport: the same suite runs on both.
import pino from 'pino';
import type { Cluster } from '../../testing/index.ts';
import { Client, type ClientOptions } from '../client.ts';
import { http2Transport } from '../http2-transport.ts';
import { inProcessTransport } from '../in-process-transport.ts';
import { parseKubeconfig } from '../kubeconfig.ts';
import type { Transport } from '../transport.ts';

export const silentLog = pino({ level: 'silent' });

/** A user that may do everything. */
const admin = { name: 'in-process-admin', groups: ['system:masters', 'system:authenticated'] };

export const transports: Readonly<Record<'https' | 'in-process', (cluster: Cluster) => Transport>> = {
  https: (cluster) => http2Transport(parseKubeconfig(cluster.kubeconfig, '.')),
  // `cluster.server` is another one after `restart`.
  'in-process': (cluster) => inProcessTransport((request) => cluster.server.handle(admin, request)),
};

/** An administrator's client in this process. Close the transport when done. */
export function adminClient(cluster: Cluster, options?: ClientOptions): { client: Client; transport: Transport } {
  const transport = transports['in-process'](cluster);
  return { transport, client: new Client(transport, options) };
}
