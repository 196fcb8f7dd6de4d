import type { IopubMessage } from './contract.ts';

const windowMs = 50;
/** Within one window, streams beyond this many messages are joined by name, whatever lies between. */
const mostMessages = 40;

type Held =
  | { readonly kind: 'stream'; readonly name: string; readonly pieces: string[] }
  | { readonly kind: 'display'; readonly id: string | undefined; message: IopubMessage };

/** Holds messages back for at most 50 ms, so that many small ones become few: adjacent text, updates of one display. */
export class Outgoing {
  private readonly publish: (message: IopubMessage) => void;
  private held: Held[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(publish: (message: IopubMessage) => void) {
    this.publish = publish;
  }

  stream(name: string, text: string): void {
    if (text === '') return;
    const last =
      this.held.length < mostMessages ? this.held.at(-1) : this.held.findLast((h) => isStream(h, name));
    if (last !== undefined && isStream(last, name)) last.pieces.push(text);
    else this.hold({ kind: 'stream', name, pieces: [text] });
  }

  /** A `display_data` or `update_display_data`; an update takes the place of what is held of the same display. */
  display(message: IopubMessage, id?: string): void {
    const isUpdate = message.msg_type === 'update_display_data';
    const same = isUpdate ? this.held.find((h) => h.kind === 'display' && h.id === id) : undefined;
    if (same?.kind === 'display')
      same.message = { msg_type: same.message.msg_type, content: message.content };
    else this.hold({ kind: 'display', id, message });
  }

  /** Forgets the new outputs that are held and names their displays; updates of earlier ones stay. */
  drop(): string[] {
    const isUpdate = (h: Held): boolean =>
      h.kind === 'display' && h.message.msg_type === 'update_display_data';
    const dropped = this.held.filter((h) => !isUpdate(h));
    this.held = this.held.filter(isUpdate);
    return dropped.flatMap((h) => (h.kind === 'display' && h.id !== undefined ? [h.id] : []));
  }

  /** Publishes what is held, then this. */
  now(message: IopubMessage): void {
    this.flush();
    this.publish(message);
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const ready = this.held;
    this.held = [];
    for (const item of ready) this.publish(item.kind === 'stream' ? streamMessage(item) : item.message);
  }

  private hold(item: Held): void {
    this.held.push(item);
    this.timer ??= setTimeout(() => this.flush(), windowMs).unref();
  }
}

const isStream = (held: Held, name: string): held is Held & { kind: 'stream' } =>
  held.kind === 'stream' && held.name === name;

const streamMessage = (item: Held & { kind: 'stream' }): IopubMessage => ({
  msg_type: 'stream',
  content: { name: item.name, text: item.pieces.join('') },
});
