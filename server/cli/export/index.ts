import type { Format } from './contract.ts';
import { html } from './html.ts';
import { md } from './md.ts';
import { py } from './py.ts';
import { trace } from './trace.ts';

/** Every form that `replique export --to` knows. */
export const formats: readonly Format[] = [md, html, py, trace];
