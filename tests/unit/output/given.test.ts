import { expect, it } from 'vitest';
import { metadataSchema } from '../../../kernel/output/schema.ts';
import { recordCell, secret } from './recorder.ts';

it('what went with a prompt is one quiet line, cut ones in numbers, without secrets', () => {
  const cell = recordCell();
  cell.emit({
    type: 'given',
    references: [
      { reference: '`df`', what: 'DataFrame 62×4' },
      { reference: `@"${secret}.txt"`, what: '<b>1.2 kB\u202e', shown: 1200, of: 34_000 },
    ],
  });
  const [{ msg_type, content }] = cell.messages as [(typeof cell.messages)[0]];
  expect(msg_type).toBe('display_data');
  const said =
    'Given with the prompt: `df` (DataFrame 62×4), @"[redacted].txt" (<b>1.2 kB⟦U+202E⟧; 1 200 of 34 000 characters)';
  expect(content.data['text/plain']).toBe(said);
  expect(content.data['text/markdown']).toContain('`df` (DataFrame 62×4)');
  expect(content.data['text/markdown']).not.toContain('<b>');
  expect(metadataSchema.parse(content.metadata.replique)).toMatchObject({
    kind: 'given',
    references: [{ reference: '`df`' }, { reference: '@"[redacted].txt"', shown: 1200, of: 34_000 }],
  });
});
