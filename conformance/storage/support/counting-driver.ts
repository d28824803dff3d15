import type { Driver } from '../../../storage/postgres/driver.ts';

/** Counts what goes through the pool. */
export function counting(driver: Driver, reads: { count: number }): Driver {
  return {
    ...driver,
    query(statement, values) {
      reads.count += 1;
      return driver.query(statement, values);
    },
  };
}
