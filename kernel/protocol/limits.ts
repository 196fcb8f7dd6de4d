/** Bounds on a message; sizes, in bytes, are checked before anything in it is parsed or hashed. */
export const LIMITS = {
  frames: 1024,
  identities: 16,
  identityBytes: 1024,
  headerBytes: 64 * 1024,
  jsonBytes: 32 * 1024 * 1024,
  totalBytes: 128 * 1024 * 1024,
  /** Of lists and objects in one another: what is deeper can be read, but neither written again nor read by Python. */
  depth: 200,
} as const;
