// What a controller tells the manager about itself, and what it gets to work with
// (cmd/kube-controller-manager/app/controller_descriptor.go and controllermanager.go).
import type { Logger } from 'pino';
import type { Client } from '../../client/client.ts';
import type { Clock } from '../../client/clock.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import type { Informers } from '../../client/informers.ts';
import type { ControllerFlags } from './flags.ts';

/** What runs: `Controller` of client/ is one. */
export interface Runnable {
  /** Resolves when work has begun; informers are running by then. Rejects when it is stopped before. */
  start(): Promise<void>;
  /** Ends work. Idempotent. */
  stop(): Promise<void>;
}

/** PEM. */
export interface SigningKeys {
  clusterAuthority?: { certificate: string; key: string };
  /** Private key of service account tokens. */
  serviceAccountKey?: string;
}

export interface ControllerContext {
  /** Shared by all controllers; the manager starts and stops them. */
  informers: Informers;
  /**
   * A controller's own client, under the name of its service account (`deployment-controller`): user agent, and identity where controllers
   * have one each.
   */
  client(account: string): Client;
  /** Events that this component records; closed by the manager. */
  recorder(component: string): EventRecorder;
  flags: ControllerFlags;
  /** What the cluster signs with, where the manager runs beside the server; otherwise flags name files. */
  keys?: SigningKeys;
  /** PEM of the authorities that the API server's certificate is of. */
  rootCertificateAuthority: string;
  log: Logger;
  clock: Clock;
}

export interface ControllerDescriptor {
  /** Upstream's, as in --controllers. */
  name: string;
  /** Upstream's older names for --controllers. */
  aliases?: readonly string[];
  /** Runs only when it is named. */
  disabledByDefault?: boolean;
  /** Makes the controller: asks for its informers, adds its handlers. Undefined where there is nothing to run. */
  build(context: ControllerContext): Runnable | undefined | Promise<Runnable | undefined>;
}
