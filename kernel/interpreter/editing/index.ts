export { complete } from './complete.ts';
export { inspect } from './inspect.ts';
export { isComplete } from './is-complete.ts';
export { aboutMagic } from './magics.ts';
export { aboutModel } from './topics.ts';
