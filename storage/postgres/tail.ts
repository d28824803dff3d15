// The tail of a process: it reads history onward from where it stands and feeds the hub, from which every watch hangs.
//   listening     a connection with LISTEN; each NOTIFY, and a slow poll in case one was lost, is only a reason to read on
//   reconnecting  that connection is gone; watches see nothing new until there is one again, and then miss nothing
// A batch of this process that follows on the tail's position is delivered from memory and never read.
import type { StorageEvent, StoredObject } from '../storage.ts';
import { StorageError } from '../storage.ts';
import type { WatchHub } from '../watches.ts';
import type { Driver, Row, Session } from './driver.ts';
import type { StorageLog } from './postgres-storage.ts';
import { type CompactedRevisions, oldestRevision } from './resources.ts';
import { notify, readCounter, readHistory } from './statements.ts';

export const revisionChannel = 'pgplane_revision';

export interface TailOptions {
  driver: Driver;
  hub: WatchHub;
  log: StorageLog;
  /** How often to look for a lost notification, in milliseconds. */
  pollMs: number;
}

export interface TailHealth {
  state: 'listening' | 'reconnecting' | 'closed';
  /** Whether a notification reached this process; false behind a pooler that does not carry LISTEN, which is then polled fast. */
  notificationsCarried: boolean | undefined;
  /** Every event up to and including this revision has been delivered. */
  revision: number;
  /** Times that the poll found what no notification had told. */
  missedNotifications: number;
}

export type HistoryRow = Row &
  CompactedRevisions & { newest: number; type: StorageEvent['type'] | null } & StoredObject;

const pageSize = 1000;
const pollWithoutNotificationsMs = 100;
const probeTimeoutMs = 2000;
const reconnectPauseMs = { first: 20, longest: 2000 };

export class Tail {
  #options: TailOptions;
  #session: Session | undefined;
  #state: TailHealth['state'] = 'reconnecting';
  #notificationsCarried: boolean | undefined;
  #missedNotifications = 0;
  #reading = false;
  #readAgain = false;
  #pollTimer: NodeJS.Timeout | undefined;
  #pauseMs = reconnectPauseMs.first;
  #pauseTimer: NodeJS.Timeout | undefined;
  #probe: { payload: string; timer: NodeJS.Timeout } | undefined;

  constructor(options: TailOptions) {
    this.#options = options;
  }

  get health(): TailHealth {
    return {
      state: this.#state,
      notificationsCarried: this.#notificationsCarried,
      revision: this.#options.hub.position,
      missedNotifications: this.#missedNotifications,
    };
  }

  /** Opens the listening connection; the hub starts at the newest revision. Throws when it cannot connect. */
  async start(): Promise<void> {
    const session = await this.#listen();
    const [counter] = await session.query<{ revision: number }>(readCounter);
    this.#options.hub.position = counter!.revision;
  }

  /** Takes a batch that this process has written. */
  applied(events: readonly StorageEvent[]): void {
    const { hub } = this.#options;
    const fresh = events.filter(({ object }) => object.revision > hub.position);
    if (fresh.length === 0) return;
    if (fresh[0]!.object.revision === hub.position + 1) hub.deliver(fresh, fresh.at(-1)!.object.revision);
    else this.wake();
  }

  /** Reads on from the hub's position, and once more if there was a reason to while it read. */
  wake(): void {
    this.#readAgain = true;
    if (this.#reading || !this.#session) return;
    this.#reading = true;
    void this.#readOn(this.#session).finally(() => {
      this.#reading = false;
      if (this.#readAgain) this.wake();
    });
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    clearTimeout(this.#pollTimer);
    clearTimeout(this.#pauseTimer);
    clearTimeout(this.#probe?.timer);
    const session = this.#session;
    this.#session = undefined;
    this.#readAgain = false;
    await session?.close().catch(() => {});
  }

  async #listen(): Promise<Session> {
    const session = await this.#options.driver.connect('listener', (error) => this.#lost(session, error));
    try {
      await session.listen(revisionChannel, (payload) => this.#notified(payload));
    } catch (error) {
      await session.close().catch(() => {});
      throw error;
    }
    if (this.#state === 'closed') {
      await session.close().catch(() => {});
      throw new Error('closed while connecting');
    }
    this.#session = session;
    this.#state = 'listening';
    this.#pauseMs = reconnectPauseMs.first;
    this.#startProbe();
    this.#schedulePoll();
    return session;
  }

  #lost(session: Session, error: Error): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#state = 'reconnecting';
    clearTimeout(this.#pollTimer);
    this.#options.log('warn', `the listening connection was lost, reconnecting: ${error.message}`);
    this.#reconnect();
  }

  #reconnect(): void {
    this.#listen().then(
      () => this.wake(),
      () => {
        if (this.#state === 'closed') return;
        this.#pauseTimer = setTimeout(() => this.#reconnect(), this.#pauseMs);
        this.#pauseMs = Math.min(this.#pauseMs * 2, reconnectPauseMs.longest);
      },
    );
  }

  #drop(session: Session, error: Error): void {
    this.#lost(session, error);
    void session.close().catch(() => {});
  }

  #notified(payload: string): void {
    if (payload === this.#probe?.payload) {
      clearTimeout(this.#probe.timer);
      this.#probe = undefined;
      this.#notificationsCarried = true;
    } else if (!(Number(payload) <= this.#options.hub.position)) {
      this.wake();
    }
  }

  /** Notifies ourselves from another connection: poolers in transaction mode accept LISTEN and deliver nothing. */
  #startProbe(): void {
    const payload = `0 probe ${Math.random().toString(36).slice(2)}`;
    clearTimeout(this.#probe?.timer);
    const timer = setTimeout(() => {
      this.#notificationsCarried = false;
      this.#schedulePoll();
      const message = `no notification arrives (a connection pooler in transaction mode?): polling every ${pollWithoutNotificationsMs} ms`;
      this.#options.log('error', message);
    }, probeTimeoutMs);
    this.#probe = { payload, timer };
    this.#options.driver.query(notify, [revisionChannel, payload]).catch(() => {});
  }

  #schedulePoll(): void {
    clearTimeout(this.#pollTimer);
    const period = this.#notificationsCarried === false ? pollWithoutNotificationsMs : this.#options.pollMs;
    this.#pollTimer = setTimeout(() => void this.#poll(), period);
  }

  /** Asks on the listening connection itself, which thereby shows that it is alive. */
  async #poll(): Promise<void> {
    const session = this.#session;
    if (!session) return;
    const timeout = setTimeout(() => this.#drop(session, new Error('no answer to a poll')), this.#options.pollMs * 2);
    try {
      const position = this.#options.hub.position;
      const [counter] = await session.query<{ revision: number }>(readCounter);
      if (counter!.revision > position && position === this.#options.hub.position && !this.#reading) {
        this.#missedNotifications += 1;
        this.wake();
      }
    } catch (error) {
      this.#drop(session, error as Error);
    } finally {
      clearTimeout(timeout);
      if (this.#session === session) this.#schedulePoll();
    }
  }

  async #readOn(session: Session): Promise<void> {
    const { hub } = this.#options;
    try {
      while (this.#readAgain && this.#session === session) {
        this.#readAgain = false;
        const values = [hub.position, Number.MAX_SAFE_INTEGER, null, pageSize];
        this.#deliver(await session.query<HistoryRow>(readHistory, values));
      }
    } catch (error) {
      this.#readAgain = true;
      this.#drop(session, error as Error);
    }
  }

  /** Delivers what follows on the hub's position, which may have moved while the rows were read. */
  #deliver(rows: readonly HistoryRow[]): void {
    const { hub } = this.#options;
    const { newest } = rows[0]!;
    const changes = rows.filter(({ type, revision }) => type !== null && revision > hub.position);
    const dense = changes.findIndex(({ revision }, index) => revision !== hub.position + 1 + index);
    const whole = dense === -1 ? changes : changes.slice(0, dense);
    if (whole.length > 0) hub.deliver(whole.map(storageEvent), whole.at(-1)!.revision);
    if (dense !== -1 || (changes.length === 0 && newest > hub.position))
      this.#skipHole(rows[0]!, changes[dense]?.revision);
    if (newest > hub.position) this.#readAgain = true;
  }

  /** History does not go on where we stand: we were cut off for longer than it is kept. */
  #skipHole(revisions: CompactedRevisions & { newest: number }, continues: number | undefined): void {
    const { hub, log } = this.#options;
    const oldest = oldestRevision(undefined, revisions);
    const message = `the changes after revision ${hub.position} are forgotten`;
    const reason = oldest > hub.position ? 'Compacted' : 'Unavailable';
    log('error', reason === 'Compacted' ? message : `${message}, but were never compacted: the history is damaged`);
    const next = continues === undefined ? revisions.newest : continues - 1;
    hub.jump(next, new StorageError(reason, message, { revision: oldest }));
  }
}

/** The event of one row of history. */
export function storageEvent(row: HistoryRow): StorageEvent {
  const { type, resource, namespace, name, uid, revision, value } = row;
  return { type: type!, object: { resource, namespace, name, uid, revision, value } };
}
