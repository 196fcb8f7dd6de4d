import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 mind its memory rather than time while programs are loaded: its heap for what is new would grow to 16 MB, and an idle server
 * would keep 4 of them.
 * @returns what ends that
 */
export function startSmall(): () => void {
  setFlagsFromString('--optimize-for-size');
  return () => setFlagsFromString('--no-optimize-for-size');
}
