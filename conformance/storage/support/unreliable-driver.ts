// A driver whose writer loses answers, in the two ways that a client cannot tell apart: after the batch was applied, and
// while it may still be on its way.
import type { Driver, Queryable, Session } from '../../../storage/postgres/driver.ts';

export type Loss = 'none' | 'after' | 'during';

/** `next` says what becomes of each batch: answered, applied but not answered, or given up at once and applied maybe later. */
export function losingAnswers(driver: Driver, next: () => Loss): Driver {
  return {
    ...driver,
    async connect(role, onLost): Promise<Session> {
      const session = await driver.connect(role, onLost);
      if (role !== 'writer') return session;
      const query: Queryable['query'] = async (statement, values) => {
        const loss = statement.name === 'apply_batch' ? next() : 'none';
        const answer = session.query<never>(statement, values);
        if (loss === 'none') return answer;
        if (loss === 'after') await answer;
        else answer.catch(() => {});
        throw new Error('the answer was lost');
      };
      return { ...session, query };
    },
  };
}
