// The cron job controller: what is due as tables, and at work on a real server with a clock that the test moves.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { parseCronSchedule } from '../../apimachinery/cron-schedule.ts';
import { timestamp } from '../../client/clock.ts';
import { CoreEvent, CronJob, Job } from '../../client/kinds.ts';
import { FakeClock } from '../../client/testing/fake-clock.ts';
import { until } from '../../conformance/support/until.ts';
import { type ControllersCluster, startControllersCluster } from '../testing/controllers-cluster.ts';
import { newNamespace } from '../testing/namespaces.ts';
import { cronJob as controller } from './cronjob.ts';
import { dueTime, ScheduleError, untilNextMs } from './schedule.ts';

jest.setTimeout(60_000);

const minuteMs = 60_000;

describe('what is due', () => {
  const created = Date.UTC(2026, 0, 1);
  const job = (status: object = {}, spec: object = {}) =>
    ({ metadata: { creationTimestamp: timestamp(created) }, spec, status }) as unknown as CronJob;
  const hourly = parseCronSchedule('0 * * * *', 'UTC');
  const at = (hours: number, minutes = 0) => created + (hours * 60 + minutes) * minuteMs;

  test.each([
    ['nothing before the first time', job(), at(0, 30), undefined],
    ['the first time', job(), at(1), at(1)],
    ['the last of several', job(), at(5, 30), at(5)],
    ['nothing that was begun already', job({ lastScheduleTime: timestamp(at(5)) }), at(5, 30), undefined],
    ['what follows the last run', job({ lastScheduleTime: timestamp(at(2)) }), at(3, 1), at(3)],
    ['nothing older than the deadline', job({}, { startingDeadlineSeconds: 60 }), at(5, 30), undefined],
    ['what is within the deadline', job({}, { startingDeadlineSeconds: 3600 }), at(5, 30), at(5)],
  ])('%s', (_, cronJob, now, due) => expect(dueTime(cronJob, now, hourly).dueMs).toBe(due));

  test('many missed times are noticed', () => {
    expect(dueTime(job(), at(101), hourly)).toEqual({ dueMs: at(101), many: true });
    expect(dueTime(job(), at(50), hourly).many).toBe(false);
  });

  test('the next look is a little after the next time', () => {
    expect(untilNextMs(job(), at(0, 30), hourly)).toBe(30 * minuteMs + 100);
    expect(untilNextMs(job({ lastScheduleTime: timestamp(at(5)) }), at(5, 30), hourly)).toBe(30 * minuteMs + 100);
    expect(untilNextMs(job(), at(0, 30), parseCronSchedule('0 0 30 2 *', 'UTC'))).toBeUndefined();
  });

  test('times that are the same are a mistake', () => {
    const stuck = { next: (after: number) => (after < at(1) ? at(1) : at(1) + 1) };
    expect(() => dueTime(job(), at(2), stuck)).toThrow(ScheduleError);
  });
});

describe('the cron job controller', () => {
  const clock = new FakeClock(Date.now());
  let cluster: ControllersCluster;
  let namespace: string;

  beforeAll(async () => {
    cluster = await startControllersCluster([controller], { clock });
    namespace = await newNamespace(cluster.client);
  });

  afterAll(async () => {
    const stopping = cluster.stop();
    await clock.advance(60_000);
    await stopping;
  });

  const template = {
    metadata: { labels: { of: 'cron' } },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } },
  };
  const create = (name: string, spec: object = {}) =>
    cluster.client.resource(CronJob).create({
      metadata: { namespace, name },
      spec: { schedule: '*/1 * * * *', jobTemplate: template, ...spec } as NonNullable<CronJob['spec']>,
    });
  const jobsOf = async (name: string) =>
    (await cluster.client.resource(Job).list({ namespace })).items.filter(
      ({ metadata }) => metadata.ownerReferences?.[0]?.name === name,
    );
  const get = (name: string) => cluster.client.resource(CronJob).get({ namespace, name });
  const remove = (name: string) => cluster.client.resource(CronJob).delete({ namespace, name });
  /** Moves time on until the probe is content. */
  const inTime = <T>(what: string, probe: () => Promise<T | undefined | false>) =>
    until(what, async () => {
      await clock.advance(5000);
      return probe();
    });
  const finish = (job: Job, type: string) => {
    const now = timestamp(clock.now());
    const interim = type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
    const condition = { status: 'True', lastProbeTime: now, lastTransitionTime: now, reason: 'R', message: 'm' };
    const conditions = [interim, type].map((one) => ({ type: one, ...condition }));
    const status = {
      startTime: job.metadata.creationTimestamp,
      conditions,
      ...(type === 'Complete' ? { completionTime: now } : {}),
    };
    return cluster.client.resource(Job).patch(job.metadata, 'merge', { status }, { subresource: 'status' });
  };
  const eventsOf = async (name: string) =>
    (await cluster.client.resource(CoreEvent).list({ namespace })).items
      .filter(({ involvedObject }) => involvedObject.name === name)
      .map(({ reason, message }) => `${reason}: ${message}`);

  test('CronJob should schedule multiple jobs concurrently', async () => {
    await create('allow', { concurrencyPolicy: 'Allow' });
    const jobs = await inTime('two jobs', async () => {
      const found = await jobsOf('allow');
      return found.length >= 2 ? found : undefined;
    });
    const { metadata } = jobs[0]!;
    const scheduled = metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'];
    expect(metadata.name).toBe(`allow-${Date.parse(scheduled!) / minuteMs}`);
    expect(metadata.labels).toMatchObject({ of: 'cron' });
    const { status } = await inTime('both to be active', async () => {
      const found = await get('allow');
      return (found.status?.active?.length ?? 0) >= 2 ? found : undefined;
    });
    expect(status?.lastScheduleTime).toBeDefined();
    await remove('allow');
  });

  test('CronJob should not schedule new jobs when ForbidConcurrent', async () => {
    await create('forbid', { concurrencyPolicy: 'Forbid' });
    await inTime('a job', async () => (await jobsOf('forbid')).length === 1);
    const message =
      'JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid';
    await inTime('the event', async () => (await eventsOf('forbid')).includes(message));
    expect(await jobsOf('forbid')).toHaveLength(1);
    await remove('forbid');
  });

  test('CronJob should replace jobs when ReplaceConcurrent', async () => {
    await create('replace', { concurrencyPolicy: 'Replace' });
    const [first] = await inTime('a job', async () => {
      const found = await jobsOf('replace');
      return found.length === 1 ? found : undefined;
    });
    await inTime('another job', async () => {
      const left = (await jobsOf('replace')).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      return left.length === 1 && left[0]!.metadata.uid !== first!.metadata.uid;
    });
    expect(await eventsOf('replace')).toContain(`SuccessfulDelete: Deleted job ${first!.metadata.name}`);
    await remove('replace');
  });

  test('CronJob should not schedule jobs when suspended', async () => {
    await create('suspended', { suspend: true });
    await create('beside');
    await inTime('a job beside', async () => (await jobsOf('beside')).length > 0);
    expect(await jobsOf('suspended')).toEqual([]);
    await remove('beside');
  });

  test('CronJob should delete successful and failed finished jobs with limit of one job', async () => {
    await create('limits', { successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 });
    const next = async (known: string[]) =>
      inTime('the next job', async () => {
        const fresh = (await jobsOf('limits')).filter(
          ({ metadata, status }) => !known.includes(metadata.uid) && status?.conditions === undefined,
        );
        return fresh[0];
      });
    const first = await next([]);
    await finish(first, 'Complete');
    await inTime('the success to be noted', async () => (await get('limits')).status?.lastSuccessfulTime !== undefined);
    const message = `SawCompletedJob: Saw completed job: ${first.metadata.name}, condition: Complete`;
    await inTime('the event', async () => (await eventsOf('limits')).includes(message));
    const second = await next([first.metadata.uid]);
    await finish(second, 'Complete');
    await inTime('the first to go', async () =>
      (await jobsOf('limits')).every(({ metadata }) => metadata.uid !== first.metadata.uid),
    );
    const third = await next([second.metadata.uid]);
    await finish(third, 'Failed');
    await inTime('the failed one to go', async () =>
      (await jobsOf('limits')).every(({ metadata }) => metadata.uid !== third.metadata.uid),
    );
    expect((await jobsOf('limits')).map(({ metadata }) => metadata.uid)).toContain(second.metadata.uid);
    await remove('limits');
  });

  test('CronJob should remove from active list jobs that have been deleted', async () => {
    await create('missing', { concurrencyPolicy: 'Forbid' });
    const [job] = await inTime('a job', async () => {
      const found = await jobsOf('missing');
      return (await get('missing')).status?.active?.length === 1 ? found : undefined;
    });
    await cluster.client.resource(Job).delete(job!.metadata, { propagationPolicy: 'Background' });
    const { uid, name } = job!.metadata;
    await inTime('it to leave the list', async () =>
      (await get('missing')).status?.active?.every((one) => one.uid !== uid),
    );
    expect(await eventsOf('missing')).toContain(`MissingJob: Active job went missing: ${name}`);
    await remove('missing');
  });
});
