// The profiles of a scheduler: for each name that pods can ask for, a framework with plugins of its own
// (pkg/scheduler/profile/profile.go).
import type { Logger } from 'pino';
import type { Client } from '../client/client.ts';
import type { Clock } from '../client/clock.ts';
import { SeriesRecorder } from '../client/events/series-recorder.ts';
import type { Informers } from '../client/informers.ts';
import type { Pod } from '../client/kinds.ts';
import { enabledNames, pluginLists } from './config/default-plugins.ts';
import type { ProfileConfiguration } from './config/types.ts';
import type { Extender } from './extender.ts';
import { Framework } from './framework/framework.ts';
import type { Handle, NodeLister, PodNominator } from './framework/handle.ts';
import type { PluginFactory } from './plugins/registry.ts';
import type { QueueProfile, RegisteredHint } from './queue/scheduling-queue.ts';

export interface ProfileParts {
  client: Client;
  /** Writes events, apart from the rest so that they do not hold up bindings. */
  eventClient: Client;
  informers: Informers;
  nodes: NodeLister;
  nominator: PodNominator;
  extenders: readonly Extender[];
  registry: Readonly<Record<string, PluginFactory>>;
  activate(pods: readonly Pod[]): void;
  log: Logger;
  clock: Clock;
  signal: AbortSignal;
}

export interface Profile {
  framework: Framework;
  recorder: SeriesRecorder;
  queue: QueueProfile;
}

/** Throws for plugins that do not exist or cannot do what they are enabled for. */
export function makeProfile(configuration: ProfileConfiguration, parts: ProfileParts): Profile {
  const { schedulerName, percentageOfNodesToScore } = configuration;
  const { eventClient: client, log, clock, nominator, registry, ...others } = parts;
  const recorder = new SeriesRecorder({ client, reportingController: schedulerName, log, clock });
  let framework: Framework;
  const handle: Handle = {
    ...others,
    log,
    clock,
    nominator,
    recorder,
    filterWithNominatedPods: (state, pod, node) => framework.filterWithNominatedPods(state, pod, node),
    podAdded: (state, pod, added, node) => framework.podAdded(state, pod, added, node),
    podRemoved: (state, pod, removed, node) => framework.podRemoved(state, pod, removed, node),
    waitingPod: (uid) => framework.waitingPod(uid),
  };
  const made = new Map(
    enabledNames(configuration).map((name) => {
      const factory = registry[name];
      if (factory === undefined) throw new Error(`plugin "${name}" does not exist`);
      return [name, factory(configuration.args, handle)];
    }),
  );
  const { plugins, weights } = pluginLists(configuration, made);
  framework = new Framework({
    profileName: schedulerName,
    plugins,
    weights,
    percentageOfNodesToScore,
    nominator,
    clock,
  });
  const hints: RegisteredHint[] = [...made.values()].flatMap(({ name, events }) =>
    (events?.() ?? []).map(({ event, hint }) => ({ event, hint, plugin: name })),
  );
  return { framework, recorder, queue: { preEnqueue: plugins.preEnqueue, hints } };
}
