import { describe, expect, it } from 'vitest';
import type { IopubMessage } from '../../../kernel/output/contract.ts';
import { Outgoing } from '../../../kernel/output/outgoing.ts';

const message = (type: 'display_data' | 'update_display_data', text: string): IopubMessage => ({
  msg_type: type,
  content: { data: { 'text/plain': text }, metadata: {}, transient: { display_id: 'a' } },
});

/** What a page shows of the display with that id, each place in order. */
function shown(sent: readonly IopubMessage[]): readonly string[] {
  const places: string[] = [];
  for (const { msg_type, content } of sent) {
    const text = String((content['data'] as Record<string, unknown>)['text/plain']);
    if (msg_type === 'display_data') places.push(text);
    else places.fill(text);
  }
  return places;
}

function begin(): { readonly outgoing: Outgoing; readonly sent: IopubMessage[] } {
  const sent: IopubMessage[] = [];
  return { outgoing: new Outgoing((one) => sent.push(one)), sent };
}

describe('an update of a display', () => {
  it('reaches each place of it that is still held', () => {
    const { outgoing, sent } = begin();
    outgoing.display(message('display_data', 'one'), 'a');
    outgoing.display(message('display_data', 'one'), 'a');
    outgoing.display(message('update_display_data', 'two'), 'a');
    outgoing.flush();
    expect(shown(sent)).toEqual(['two', 'two']);
    expect(sent).toHaveLength(2);
  });

  it('reaches the places that clients have beside those that are held', () => {
    const { outgoing, sent } = begin();
    outgoing.display(message('display_data', 'one'), 'a');
    outgoing.flush();
    outgoing.display(message('display_data', 'one'), 'a');
    outgoing.display(message('update_display_data', 'two'), 'a');
    outgoing.display(message('update_display_data', 'three'), 'a');
    outgoing.flush();
    expect(shown(sent)).toEqual(['three', 'three']);
    expect(sent).toHaveLength(3);
  });

  it('is sent where so many displays were shown that they are not known one by one', () => {
    const { outgoing, sent } = begin();
    for (let count = 0; count <= 10_000; count += 1)
      outgoing.display(message('display_data', 'x'), `d${count}`);
    outgoing.flush();
    outgoing.display(message('display_data', 'one'), 'd10000');
    outgoing.display(message('update_display_data', 'two'), 'd10000');
    outgoing.flush();
    expect(sent.at(-1)?.msg_type).toBe('update_display_data');
  });
});
