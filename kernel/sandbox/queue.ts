/** First in, first out. Unlike an array's `shift`, taking costs the same however many wait. */
export class Queue<T> {
  #items: T[] = [];
  #taken = 0;

  /** The one that is next; `undefined` where there is none. */
  get first(): T | undefined {
    return this.#items[this.#taken];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  take(): T | undefined {
    const item = this.first;
    if (item === undefined) return undefined;
    this.#taken += 1;
    if (this.#taken * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#taken);
      this.#taken = 0;
    }
    return item;
  }
}
