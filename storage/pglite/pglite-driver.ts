// The driver over PGlite: PostgreSQL as WebAssembly inside this process, with one connection that all sessions share.
import type { PGliteInterface } from '@electric-sql/pglite';
import type { Driver, Row, Statement } from '../postgres/driver.ts';

/** Closing the driver leaves PGlite open: it belongs to the caller. */
export function createPgliteDriver(pglite: PGliteInterface): Driver {
  const query = async <Result extends Row>({ text }: Statement, values: readonly unknown[] = []): Promise<Result[]> => {
    return (await pglite.query<Result>(text, [...values], { parsers })).rows;
  };
  return {
    query,
    async connect() {
      let unlisten = async () => {};
      return {
        query,
        async listen(channel, onNotification) {
          unlisten = await pglite.listen(channel, onNotification);
        },
        close: () => unlisten(),
      };
    },
    async stream(statement, onRows) {
      onRows(await query(statement));
    },
    textArray: (values) => values,
    bigintArray: (values) => values,
    close: async () => {},
  };
}

const bigintOid = 20;
const parsers = { [bigintOid]: Number };
