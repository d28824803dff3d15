// cronjob-controller: starts a Job whenever a CronJob's schedule is due (pkg/controller/cronjob/cronjob_controllerv2.go).
import { CronError } from '../../apimachinery/cron-schedule.ts';
import { Controller, type ReconcileResult } from '../../client/controller.ts';
import { deepCopy } from '../../client/freeze.ts';
import { CronJob, Job } from '../../client/kinds.ts';
import { type ApiObject, keyOf } from '../../client/resource.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import { controllerOf } from '../shared/controller-ref.ts';
import { resolveController } from '../shared/pod-handlers.ts';
import { untilNextMs } from './schedule.ts';
import { CronJobSync, scheduleOf } from './sync.ts';

const component = 'cronjob-controller';
/** Jobs by namespace and name of the CronJob that controls them. */
const cronJobIndex = 'cronJob';

function cronJobKeyOf(job: ApiObject): string[] {
  const reference = controllerOf(job);
  return reference?.kind === 'CronJob' ? [`${job.metadata.namespace}/${reference.name}`] : [];
}

export const cronJob: ControllerDescriptor = {
  name: 'cronjob-controller',
  aliases: ['cronjob'],
  build({ informers, client, recorder: recorderOf, flags, log, clock }) {
    const cronJobs = informers.of(CronJob);
    const jobs = informers.of(Job);
    jobs.addIndex(cronJobIndex, cronJobKeyOf);
    const recorder = recorderOf(component);
    const sync = new CronJobSync({ client: client(component), recorder });
    const reconcile = async (key: string): Promise<ReconcileResult> => {
      const shared = cronJobs.lister.getByKey(key);
      if (shared === undefined) return {};
      const requeueAfterMs = await sync.sync(deepCopy(shared), jobs.lister.byIndex(cronJobIndex, key), clock.now());
      return requeueAfterMs === undefined ? {} : { requeueAfterMs };
    };
    /** A changed schedule counts from now: what it would have missed is not made up for. */
    const rescheduled = (object: CronJob): void => {
      try {
        const waitMs = untilNextMs(object, clock.now(), scheduleOf(object));
        if (waitMs !== undefined) controller.queue.addAfter(keyOf(object), waitMs);
      } catch (error) {
        if (!(error instanceof CronError)) throw error;
        const message = `unparseable schedule for cronjob: ${object.spec?.schedule}`;
        recorder.event(object, 'Warning', 'UnParseableCronJobSchedule', message);
      }
    };
    const controller = new Controller({
      name: component,
      workers: flags['concurrent-cron-job-syncs'],
      reconcile,
      log,
      clock,
    })
      .watch(cronJobs, ({ type, object, old }) => {
        const changed = object.spec?.schedule !== old?.spec?.schedule || object.spec?.timeZone !== old?.spec?.timeZone;
        if (type !== 'update' || !changed) return [keyOf(object)];
        rescheduled(object);
        return [];
      })
      .watch(jobs, ({ object, old }) => {
        const owners = { kind: 'CronJob', lister: cronJobs.lister };
        return [object, ...(old === undefined ? [] : [old])]
          .map((job) => resolveController(job.metadata.namespace, controllerOf(job), owners))
          .filter((owner) => owner !== undefined)
          .map(keyOf);
      });
    return controller;
  },
};
