import type { IopubMessage } from './contract.ts';

const windowMs = 50;
/** Within one window, streams beyond this many messages are joined by name, whatever lies between. */
const mostMessages = 40;
/** Of more displays it is not known that they are published: an update of them is always sent. */
const mostKnown = 10_000;

type Held =
  | { readonly kind: 'stream'; readonly name: string; readonly pieces: string[] }
  | { readonly kind: 'display'; readonly id: string | undefined; message: IopubMessage };

/** Holds messages back for at most 50 ms, so that many small ones become few: adjacent text, updates of one display. */
export class Outgoing {
  private readonly publish: (message: IopubMessage) => void;
  private held: Held[] = [];
  /** Ids of displays that clients have. */
  private readonly published = new Set<string>();
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

  /**
   * A `display_data` or `update_display_data`; an update takes the place of all that is held of its display, and is sent
   * itself where clients have some of it already.
   */
  display(message: IopubMessage, id?: string): void {
    const same = isUpdate(message) && id !== undefined ? this.held.filter((h) => isDisplay(h, id)) : [];
    for (const each of same) each.message = { msg_type: each.message.msg_type, content: message.content };
    if (same.some((each) => isUpdate(each.message))) return;
    if (same.length > 0 && !this.mayBePublished(id)) return;
    this.hold({ kind: 'display', id, message });
  }

  /** Forgets the new outputs that are held and names their displays; updates of earlier ones stay. */
  drop(): string[] {
    const stays = (h: Held): boolean => h.kind === 'display' && isUpdate(h.message);
    const dropped = this.held.filter((h) => !stays(h));
    this.held = this.held.filter(stays);
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
    for (const item of ready) {
      if (item.kind === 'display' && item.id !== undefined && this.published.size < mostKnown)
        this.published.add(item.id);
      this.publish(item.kind === 'stream' ? streamMessage(item) : item.message);
    }
  }

  private mayBePublished(id: string | undefined): boolean {
    return id !== undefined && (this.published.has(id) || this.published.size >= mostKnown);
  }

  private hold(item: Held): void {
    this.held.push(item);
    this.timer ??= setTimeout(() => this.flush(), windowMs).unref();
  }
}

const isStream = (held: Held, name: string): held is Held & { kind: 'stream' } =>
  held.kind === 'stream' && held.name === name;

const isDisplay = (held: Held, id: string): held is Held & { kind: 'display' } =>
  held.kind === 'display' && held.id === id;

const isUpdate = ({ msg_type }: IopubMessage): boolean => msg_type === 'update_display_data';

const streamMessage = (item: Held & { kind: 'stream' }): IopubMessage => ({
  msg_type: 'stream',
  content: { name: item.name, text: item.pieces.join('') },
});
