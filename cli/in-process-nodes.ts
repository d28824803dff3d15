// The nodes of `pgplane up`, in the server's process: one agent for all of them, whose requests go to the server without a connection.
import type { Logger } from 'pino';
import { Client } from '../client/client.ts';
import { inProcessTransport } from '../client/in-process-transport.ts';
import type { NodeAgent } from '../node-agent/node-agent.ts';
import { allAuthenticated, privilegedGroup } from '../server/auth/user.ts';
import type { ApiServer } from '../server/server.ts';
import { type HollowFlags, hollowAgent, hollowDescription } from './hollow-nodes.ts';

/** One for all nodes: it sees every node's Pods, which no single node may. */
const user = { name: 'system:hollow-nodes', groups: [privilegedGroup, allAuthenticated] };

export interface InProcessNodes {
  agent: NodeAgent;
  /** What is said of them. */
  description: string;
}

/** The agent of the nodes that the flags ask for, not started; one node unless they say otherwise, undefined for none. */
export async function nodesOf(
  server: Pick<ApiServer, 'handle'>,
  flags: HollowFlags,
  log: Logger,
): Promise<InProcessNodes | undefined> {
  const { nodes = 1, runtime } = flags;
  if (nodes === 0) return undefined;
  const transport = inProcessTransport((request) => server.handle(user, request));
  const agent = await hollowAgent(new Client(transport, { userAgent: 'kubelet' }), flags, nodes, log);
  return { agent, description: hollowDescription(nodes, runtime) };
}
