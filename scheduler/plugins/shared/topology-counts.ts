// Numbers by topology: by label key and value of nodes (interpodaffinity topologyToMatchedTermCount and scoreMap).

type Labels = Readonly<Record<string, string>>;

export class TopologyCounts {
  readonly #counts: Map<string, Map<string, number>>;

  constructor(counts: Map<string, Map<string, number>> = new Map()) {
    this.#counts = counts;
  }

  /** How many keys have any count. */
  get size(): number {
    return this.#counts.size;
  }

  /** Adds to what the node's value of the key has; nothing for a node without the key. What comes to zero is forgotten. */
  add(labels: Labels, key: string, by: number): void {
    const value = labels[key];
    if (value === undefined) return;
    const values = this.#valuesOf(key);
    const count = (values.get(value) ?? 0) + by;
    if (count !== 0) values.set(value, count);
    else {
      values.delete(value);
      if (values.size === 0) this.#counts.delete(key);
    }
  }

  /** The same, but zero stays. */
  addKeeping(labels: Labels, key: string, by: number): void {
    const value = labels[key];
    if (value === undefined) return;
    const values = this.#valuesOf(key);
    values.set(value, (values.get(value) ?? 0) + by);
  }

  get(labels: Labels, key: string): number {
    const value = labels[key];
    return value === undefined ? 0 : (this.#counts.get(key)?.get(value) ?? 0);
  }

  /** Whether any of the node's topologies has a positive count. */
  any(labels: Labels): boolean {
    for (const [key, values] of this.#counts) {
      const value = labels[key];
      if (value !== undefined && (values.get(value) ?? 0) > 0) return true;
    }
    return false;
  }

  sum(labels: Labels): number {
    let sum = 0;
    for (const [key, values] of this.#counts) {
      const value = labels[key];
      if (value !== undefined) sum += values.get(value) ?? 0;
    }
    return sum;
  }

  clone(): TopologyCounts {
    return new TopologyCounts(new Map([...this.#counts].map(([key, values]) => [key, new Map(values)])));
  }

  #valuesOf(key: string): Map<string, number> {
    let values = this.#counts.get(key);
    if (values === undefined) {
      values = new Map();
      this.#counts.set(key, values);
    }
    return values;
  }
}
