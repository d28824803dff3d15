// job-controller: runs Pods until as many have succeeded as a Job wants (pkg/controller/job/job_controller.go).
import { isDeepStrictEqual } from 'node:util';
import { printLabelSelector, selectorFromObject } from '../../apimachinery/selectors.ts';
import { Controller } from '../../client/controller.ts';
import type { Informer, Registration } from '../../client/informer.ts';
import { Job, Pod } from '../../client/kinds.ts';
import { ExponentialFailureRateLimiter } from '../../client/rate-limiters.ts';
import { keyOf } from '../../client/resource.ts';
import type { ControllerContext, ControllerDescriptor, Runnable } from '../manager/descriptor.ts';
import { indexByController } from '../shared/by-controller.ts';
import { controllerOf } from '../shared/controller-ref.ts';
import { resolveController } from '../shared/pod-handlers.ts';
import { isJobFinished } from './conditions.ts';
import { podKey, releaseOrphans, selectorKey } from './orphan-pods.ts';
import { hasTrackingFinalizer } from './pods.ts';
import { JobSync } from './sync.ts';

/** Changes of Pods within this time are looked at together (SyncJobBatchPeriod). */
const batchMs = 1000;
const component = 'job-controller';

class JobController implements Runnable {
  readonly #jobs: Informer<Job>;
  readonly #controller: Controller;
  readonly #orphans: Controller;
  readonly #sync: JobSync;
  readonly #registrations: Registration[];

  constructor({ informers, client: clientOf, recorder, flags, log, clock }: ControllerContext) {
    const client = clientOf(component);
    const jobs = informers.of(Job);
    const pods = informers.of(Pod);
    indexByController(pods);
    this.#jobs = jobs;
    const workers = flags['concurrent-job-syncs'];
    const rateLimiter = () => new ExponentialFailureRateLimiter(1000, 60_000);
    this.#sync = new JobSync({
      client,
      recorder: recorder(component),
      jobs: jobs.lister,
      pods: pods.lister,
      later: (key, delayMs) => this.#controller.queue.addAfter(key, Math.max(delayMs, batchMs)),
      clock,
    });
    this.#controller = new Controller({
      name: component,
      workers,
      log,
      clock,
      rateLimiter: rateLimiter(),
      reconcile: (key) => this.#sync.sync(key),
    })
      .needs(jobs)
      .needs(pods);
    const orphanOptions = { jobs: jobs.lister, pods: pods.lister, client: client.resource(Pod) };
    this.#orphans = new Controller({
      name: component,
      workers,
      log,
      clock,
      rateLimiter: rateLimiter(),
      reconcile: (key) => releaseOrphans(key, orphanOptions),
    })
      .needs(jobs)
      .needs(pods);
    this.#registrations = [
      jobs.addHandler({
        add: (job) => this.#controller.enqueue(keyOf(job)),
        update: (old, job) => this.#jobUpdated(old, job),
        delete: (job) => this.#jobDeleted(job),
      }),
      pods.addHandler({
        add: (pod) => this.#podAdded(pod),
        update: (old, pod) => this.#podUpdated(old, pod),
        delete: (pod) => this.#podDeleted(pod, true),
      }),
    ];
  }

  async start(): Promise<void> {
    await Promise.all([this.#controller.start(), this.#orphans.start()]);
  }

  async stop(): Promise<void> {
    for (const registration of this.#registrations) registration.remove();
    await Promise.all([this.#controller.stop(), this.#orphans.stop()]);
  }

  #jobUpdated(old: Job, job: Job): void {
    if (isJobFinished(job)) this.#releasePodsOf(job);
    const changed = old.metadata.generation !== job.metadata.generation;
    if (changed) this.#controller.enqueue(keyOf(job));
    else this.#batched(job);
  }

  #jobDeleted(job: Job): void {
    this.#sync.forget(job);
    this.#releasePodsOf(job);
  }

  #releasePodsOf({ metadata, spec }: Job): void {
    const selector = printLabelSelector(selectorFromObject(spec?.selector));
    this.#orphans.enqueue(selectorKey(metadata.namespace, selector));
  }

  #batched(job: Job): void {
    this.#controller.queue.addAfter(keyOf(job), batchMs);
  }

  #jobOf(pod: Pod): Job | undefined {
    return resolveController(pod.metadata.namespace, controllerOf(pod), { kind: 'Job', lister: this.#jobs.lister });
  }

  #podAdded(pod: Pod): void {
    if (pod.metadata.deletionTimestamp !== undefined) {
      this.#podDeleted(pod, false);
      return;
    }
    if (controllerOf(pod) === undefined) {
      this.#orphaned(pod);
      this.#batchAdopters(pod);
      return;
    }
    const job = this.#jobOf(pod);
    if (job === undefined) return;
    this.#sync.expectations.creationObserved(keyOf(job));
    this.#batched(job);
  }

  #podUpdated(old: Pod, pod: Pod): void {
    if (pod.metadata.deletionTimestamp !== undefined) {
      this.#podDeleted(pod, false);
      return;
    }
    const before = controllerOf(old);
    const now = controllerOf(pod);
    const ownerChanged = !isDeepStrictEqual(before, now);
    const left = ownerChanged ? this.#jobOf(old) : undefined;
    for (const job of [left, this.#jobOf(pod)]) {
      if (job === undefined) continue;
      if (!hasTrackingFinalizer(pod)) this.#sync.finalizers.observed(keyOf(job), pod.metadata.uid);
      this.#batched(job);
    }
    if (now !== undefined) return;
    this.#orphaned(pod);
    if (ownerChanged || !isDeepStrictEqual(old.metadata.labels, pod.metadata.labels)) this.#batchAdopters(pod);
  }

  /** `final`: the Pod is gone, not only marked. */
  #podDeleted(pod: Pod, final: boolean): void {
    const job = this.#jobOf(pod);
    if (job === undefined || isJobFinished(job)) {
      this.#orphaned(pod);
      return;
    }
    const key = keyOf(job);
    this.#sync.expectations.deletionObserved(key, keyOf(pod));
    if (final || !hasTrackingFinalizer(pod)) this.#sync.finalizers.observed(key, pod.metadata.uid);
    this.#batched(job);
  }

  #orphaned(pod: Pod): void {
    if (hasTrackingFinalizer(pod)) this.#orphans.enqueue(podKey(pod));
  }

  /** Jobs that may adopt this orphan. */
  #batchAdopters({ metadata: { namespace, labels } }: Pod): void {
    for (const job of this.#jobs.lister.list({ namespace })) {
      const selector = selectorFromObject(job.spec?.selector);
      if (!selector.empty && selector.matches(labels)) this.#batched(job);
    }
  }
}

export const job: ControllerDescriptor = {
  name: 'job-controller',
  aliases: ['job'],
  build: (context) => new JobController(context),
};
