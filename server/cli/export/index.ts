import type { Format } from './contract.ts';
import { html } from './html.ts';
import { md } from './md.ts';
import { py } from './py.ts';
import { trace } from './trace.ts';

/** Every form that `replique export` knows, as `--to` names it. */
export const formats = { md, html, py, trace } satisfies Readonly<Record<string, Format>>;
