// Quotas of many writes at once (k8s.io/apiserver pkg/admission/plugin/resourcequota controller.go quotaEvaluator): the writes
// that wait in a namespace are judged together, one after the other, and what they use is written to each quota's status once,
// on condition that nobody else has written it. Only then do they go on. Another server process that gets in between makes the
// batch start anew from what is stored, so no two processes ever give away the same room.
import type { KubeObject } from '../../../apimachinery/object.ts';
import { resourceListOf, sameAmounts } from '../../../apimachinery/quota/amounts.ts';
import type { Evaluator } from '../../../apimachinery/quota/evaluator.ts';
import { quotaEvaluators } from '../../../apimachinery/quota/evaluators.ts';
import { newInternalError, StatusError } from '../../../apimachinery/status.ts';
import type { ObjectReader, ObjectWriter, ResourceReader } from '../../registry/objects.ts';
import { resourceOf } from '../plugin.ts';
import type { AdmissionAttributes } from '../types.ts';
import { checkRequest, type LimitedResource, type QuotaState, quotaStateOf } from './check-request.ts';

const quotas = 'resourcequotas';
/** Another process may win this often before the client gets the conflict. Upstream gives up after 3, with fewer writers. */
const conflictAttempts = 32;
const timeoutMilliseconds = 10_000;

export interface QuotaEvaluatorOptions {
  objects: ObjectReader;
  writer: Pick<ObjectWriter, 'updateStatus'>;
  /** Resolves when `objects` holds every write acknowledged before the call. */
  fresh(): Promise<void>;
  limited: readonly LimitedResource[];
}

/** A write that waits. `judged` is set once it is refused, or counts for nothing: then only its answer is outstanding. */
interface Waiter {
  attributes: AdmissionAttributes;
  evaluator: Evaluator;
  judged: boolean;
  answer(error?: unknown): void;
}

export class QuotaEvaluator {
  readonly #options: QuotaEvaluatorOptions;
  readonly #quotas: ResourceReader;
  readonly #evaluatorFor: (groupResource: string) => Evaluator | undefined;
  /** Writes by namespace that wait for the batch before theirs; a namespace is here while a batch of its is under way. */
  readonly #waiting = new Map<string, Waiter[]>();

  constructor(options: QuotaEvaluatorOptions) {
    this.#options = options;
    this.#quotas = options.objects.resource(quotas);
    this.#evaluatorFor = quotaEvaluators(options.objects);
  }

  /** Counts a write, without a promise where no quota concerns it. Throws or rejects with 403 where there is no room. */
  evaluate(attributes: AdmissionAttributes): void | Promise<void> {
    const { namespace } = attributes;
    const evaluator = this.#evaluatorFor(resourceOf(attributes));
    if (evaluator === undefined || !evaluator.handles(attributes)) return;
    if (this.#options.limited.length === 0 && this.#quotas.list(namespace).length === 0) return;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiter.judged = true;
        reject(newInternalError('resource quota evaluation timed out'));
      }, timeoutMilliseconds);
      const waiter: Waiter = {
        attributes,
        evaluator,
        judged: false,
        answer(error) {
          clearTimeout(timer);
          waiter.judged = true;
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      this.#enqueue(namespace, waiter);
    });
  }

  #enqueue(namespace: string, waiter: Waiter): void {
    const waiting = this.#waiting.get(namespace);
    if (waiting !== undefined) waiting.push(waiter);
    else {
      this.#waiting.set(namespace, [waiter]);
      void this.#run(namespace);
    }
  }

  /** Batch after batch until nothing waits. Never rejects: every failure is some waiter's answer. */
  async #run(namespace: string): Promise<void> {
    // What arrives in the same turn of the event loop goes into one batch.
    await Promise.resolve();
    for (;;) {
      const batch = this.#waiting.get(namespace)!.filter(({ judged }) => !judged);
      if (batch.length === 0) break;
      this.#waiting.set(namespace, []);
      try {
        await this.#check(namespace, batch);
      } catch (error) {
        for (const waiter of batch) if (!waiter.judged) waiter.answer(error);
      }
    }
    this.#waiting.delete(namespace);
  }

  #present(namespace: string): QuotaState[] {
    return this.#quotas.list(namespace).map(quotaStateOf);
  }

  async #check(namespace: string, batch: readonly Waiter[]): Promise<void> {
    let before = this.#present(namespace);
    let outcome = this.#judge(before, batch, this.#options.limited);
    if (outcome.refusals.size > 0) {
      // Room that another process has freed may not have come to this one's notice yet.
      await this.#options.fresh();
      const now = this.#present(namespace);
      if (!sameRevisions(before, now)) {
        before = now;
        outcome = this.#judge(before, batch, this.#options.limited);
      }
    }
    for (let attempt = 1; ; attempt++) {
      for (const [waiter, error] of outcome.refusals) waiter.answer(error);
      for (const waiter of outcome.unaffected) waiter.answer();
      const failed = await this.#write(before, outcome.after);
      const open = batch.filter(({ judged }) => !judged);
      if (failed.size === 0) {
        for (const waiter of open) waiter.answer();
        return;
      }
      if (open.length === 0) return;
      if (attempt >= conflictAttempts) throw [...failed.values()][0];
      await this.#options.fresh();
      // Quotas that were written have the batch counted already, and what has to be covered was found to be.
      before = this.#present(namespace).filter(({ name }) => failed.has(name));
      outcome = this.#judge(before, open, []);
    }
  }

  /** Judges each waiter on what those before it have left. */
  #judge(before: readonly QuotaState[], batch: readonly Waiter[], limited: readonly LimitedResource[]) {
    const refusals = new Map<Waiter, unknown>();
    const unaffected: Waiter[] = [];
    let after: readonly QuotaState[] = before;
    for (const waiter of batch) {
      const { attributes, evaluator } = waiter;
      try {
        const next = checkRequest(attributes, { quotas: after, evaluator, limited });
        if (attributes.dryRun || next === after) unaffected.push(waiter);
        else after = next;
      } catch (error) {
        refusals.set(waiter, error);
      }
    }
    return { refusals, unaffected, after };
  }

  /** Writes the quotas that changed; returns the failures by quota. Anything but a conflict or a quota gone is thrown. */
  async #write(before: readonly QuotaState[], after: readonly QuotaState[]): Promise<Map<string, unknown>> {
    const failed = new Map<string, unknown>();
    const changed = after.filter((quota, index) => !sameAmounts(quota.used, before[index]!.used));
    await Promise.all(
      changed.map(async (quota) => {
        const { object, name, used } = quota;
        const status = { ...object['status'], used: resourceListOf(used) };
        const written: KubeObject = { ...object, status };
        try {
          await this.#options.writer.updateStatus(quotas, object.metadata.namespace!, written);
        } catch (error) {
          if (!(error instanceof StatusError) || (error.reason !== 'Conflict' && error.reason !== 'NotFound'))
            throw error;
          failed.set(name, error);
        }
      }),
    );
    return failed;
  }
}

function sameRevisions(a: readonly QuotaState[], b: readonly QuotaState[]): boolean {
  const revision = ({ object }: QuotaState) => `${object.metadata.uid} ${object.metadata.resourceVersion}`;
  return a.length === b.length && a.every((quota, index) => revision(quota) === revision(b[index]!));
}
