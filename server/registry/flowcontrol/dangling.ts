// FlowSchemas say whether the priority level that they name is there (k8s.io/apiserver pkg/util/flowcontrol apf_controller.go): the
// condition `Dangling`, applied to the status in upstream's name, so that it stays apart from what clients write.
import type { JsonObject, KubeObject } from '../../../apimachinery/object.ts';
import { StatusError } from '../../../apimachinery/status.ts';
import { listOf } from '../fields.ts';
import { timestamp } from '../metadata.ts';
import type { ObjectReader, ResourceReader } from '../objects.ts';
import { systemApiserver } from '../server-writer.ts';
import type { Store } from '../store.ts';

const manager = 'api-priority-and-fairness-config-consumer-v1';
const group = 'flowcontrol.apiserver.k8s.io';
const apiVersion = `${group}/v1`;

/** What the condition should say, undefined where it says so already. */
export function danglingCondition(schema: KubeObject, levelExists: boolean, now: string): JsonObject | undefined {
  const level = schema['spec']?.priorityLevelConfiguration?.name ?? '';
  const about = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`;
  const wanted = levelExists
    ? { status: 'False', reason: 'Found', message: `${about} and it exists` }
    : { status: 'True', reason: 'NotFound', message: `${about} but there is no such object` };
  const before = listOf(schema['status']?.conditions).find(({ type }) => type === 'Dangling');
  const same = (['status', 'reason', 'message'] as const).every((field) => before?.[field] === wanted[field]);
  return same ? undefined : { type: 'Dangling', lastTransitionTime: now, ...wanted };
}

export interface FlowSchemaConditionsOptions {
  objects: ObjectReader;
  /** The store of FlowSchemas. */
  store: Store;
  onError(error: unknown): void;
}

export class FlowSchemaConditions {
  readonly #options: FlowSchemaConditionsOptions;
  readonly #schemas: ResourceReader;
  readonly #levels: ResourceReader;
  readonly #settling = new Map<string, Promise<void>>();
  readonly #stops: (() => void)[];

  constructor(options: FlowSchemaConditionsOptions) {
    this.#options = options;
    this.#schemas = options.objects.resource(`flowschemas.${group}`);
    this.#levels = options.objects.resource(`prioritylevelconfigurations.${group}`);
    this.#stops = [
      this.#schemas.onChange(({ type, object }) => {
        if (type !== 'DELETED') void this.settle(object.metadata.name!);
      }),
      this.#levels.onChange(({ type, object }) => {
        if (type !== 'MODIFIED') this.#levelChanged(object.metadata.name!);
      }),
    ];
    for (const { metadata } of this.#schemas.list()) void this.settle(metadata.name!);
  }

  #levelChanged(level: string): void {
    for (const { metadata, ['spec']: spec } of this.#schemas.list())
      if (spec?.priorityLevelConfiguration?.name === level) void this.settle(metadata.name!);
  }

  /** Writes the condition where it is not right. Resolves when it is, or when it is somebody else's turn; never rejects. */
  settle(name: string): Promise<void> {
    let settling = this.#settling.get(name);
    if (settling === undefined) {
      settling = this.#settle(name).finally(() => this.#settling.delete(name));
      this.#settling.set(name, settling);
    }
    return settling;
  }

  async #settle(name: string): Promise<void> {
    const schema = this.#schemas.get('', name);
    if (schema === undefined) return;
    try {
      if (this.#conditionFor(schema) !== undefined) await this.#apply(name);
    } catch (error) {
      const expected = error instanceof StatusError && (error.reason === 'NotFound' || error.reason === 'Conflict');
      if (!expected) this.#options.onError(error);
    }
  }

  #conditionFor(schema: KubeObject): JsonObject | undefined {
    const level = schema['spec']?.priorityLevelConfiguration?.name ?? '';
    return danglingCondition(schema, this.#levels.get('', level) !== undefined, timestamp());
  }

  async #apply(name: string): Promise<void> {
    const { store } = this.#options;
    const subresource = store.descriptor.subresources.find((candidate) => candidate.name === 'status')!;
    const fields = store.fieldManagers.for('v1', subresource);
    const request = {
      user: systemApiserver,
      namespace: '',
      name,
      dryRun: false,
      options: {},
      warn: () => undefined,
    };
    const change = (live: KubeObject): KubeObject => {
      const condition = this.#conditionFor(live);
      if (condition === undefined) return live;
      const applied = { apiVersion, kind: 'FlowSchema', metadata: { name }, status: { conditions: [condition] } };
      const result = fields.apply(live, applied, { manager, now: timestamp() }, true);
      if (result.managedFields !== undefined) result.object.metadata.managedFields = result.managedFields;
      return result.object;
    };
    await store.update(request, change, { subresource, allowUnconditional: true });
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }
}
