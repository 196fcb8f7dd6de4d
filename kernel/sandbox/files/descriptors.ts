import { constants } from 'node:fs';

/** Where a descriptor's directory can be named as part of a path; elsewhere a directory is found again by its path. */
export const hasDescriptorPaths = process.platform === 'linux';

export const openDirectory = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** A pipe is not waited for. */
export const openFile = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** With O_PATH of open(2), which Node does not name: a descriptor of a directory that may not be read. */
export const openUnreadable = 0o10000000 | constants.O_DIRECTORY | constants.O_NOFOLLOW;
