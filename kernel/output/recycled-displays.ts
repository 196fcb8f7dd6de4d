/** Text printed after a `clear_output` is one display that grows, up to this many characters. */
const longestLiveText = 20_000;

interface Slot {
  readonly id: string;
  readonly isNew: boolean;
}

/** The displays of one helper, which what it shows after a `clear_output` takes over in their order. */
export class RecycledDisplays {
  private readonly prefix: string;
  private made = 0;
  private shown: string[] = [];
  private free: string[] = [];
  private isCleared = false;
  private live: { readonly id: string; text: string } | undefined;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /** Where the next display goes. */
  next(): Slot {
    this.live = undefined;
    const reused = this.free.shift();
    this.made += reused === undefined ? 1 : 0;
    const id = reused ?? `${this.prefix}o${this.made}`;
    this.shown.push(id);
    return { id, isNew: reused === undefined };
  }

  /** @param dropped displays that were never published and so can't be taken over */
  clear(dropped: readonly string[]): void {
    this.free = [...this.shown.filter((id) => !dropped.includes(id)), ...this.free];
    this.shown = [];
    this.isCleared = true;
    this.live = undefined;
  }

  /** The text to show in place, if text is shown so: after a clear, and while it is short. */
  appendText(text: string): (Slot & { readonly text: string }) | undefined {
    if (!this.isCleared || text.length + (this.live?.text.length ?? 0) > longestLiveText) return undefined;
    if (this.live !== undefined) {
      this.live.text += text;
      return { ...this.live, isNew: false };
    }
    const slot = this.next();
    this.live = { id: slot.id, text };
    return { ...slot, text };
  }

  /** Displays that were cleared and not taken over, once. */
  leftOver(): string[] {
    const left = this.free;
    this.free = [];
    return left;
  }
}
