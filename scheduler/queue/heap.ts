// A heap whose items are found by key (pkg/scheduler/backend/heap/heap.go).

export class Heap<T> {
  readonly #items: T[] = [];
  readonly #indexes = new Map<string, number>();
  readonly #keyOf: (item: T) => string;
  readonly #less: (a: T, b: T) => boolean;

  constructor(keyOf: (item: T) => string, less: (a: T, b: T) => boolean) {
    this.#keyOf = keyOf;
    this.#less = less;
  }

  get size(): number {
    return this.#items.length;
  }

  get(key: string): T | undefined {
    const index = this.#indexes.get(key);
    return index === undefined ? undefined : this.#items[index];
  }

  /** Adds it, or puts it in place of the one with its key, where its order may have changed. */
  put(item: T): void {
    const key = this.#keyOf(item);
    let index = this.#indexes.get(key);
    if (index === undefined) {
      index = this.#items.length;
      this.#items.push(item);
      this.#indexes.set(key, index);
    } else this.#items[index] = item;
    this.#settle(index);
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  pop(): T | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.#removeAt(0);
    return first;
  }

  delete(key: string): T | undefined {
    const index = this.#indexes.get(key);
    if (index === undefined) return undefined;
    const item = this.#items[index]!;
    this.#removeAt(index);
    return item;
  }

  /** In no order. */
  list(): readonly T[] {
    return this.#items;
  }

  #removeAt(index: number): void {
    this.#indexes.delete(this.#keyOf(this.#items[index]!));
    const last = this.#items.pop()!;
    if (index === this.#items.length) return;
    this.#items[index] = last;
    this.#indexes.set(this.#keyOf(last), index);
    this.#settle(index);
  }

  #settle(index: number): void {
    if (!this.#up(index)) this.#down(index);
  }

  #up(start: number): boolean {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#less(this.#items[index]!, this.#items[parent]!)) break;
      this.#swap(index, parent);
      index = parent;
    }
    return index !== start;
  }

  #down(start: number): void {
    let index = start;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.#items.length) return;
      if (child + 1 < this.#items.length && this.#less(this.#items[child + 1]!, this.#items[child]!)) child++;
      if (!this.#less(this.#items[child]!, this.#items[index]!)) return;
      this.#swap(index, child);
      index = child;
    }
  }

  #swap(a: number, b: number): void {
    const first = this.#items[a]!;
    const second = this.#items[b]!;
    this.#items[a] = second;
    this.#items[b] = first;
    this.#indexes.set(this.#keyOf(second), a);
    this.#indexes.set(this.#keyOf(first), b);
  }
}
