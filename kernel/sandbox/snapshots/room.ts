/** As many snapshots of a session live at once; the ones that were used longest ago go first. */
export const mostSnapshots = 50;
/** Copies that answer questions beside a busy session. */
export const mostAsides = 2;
/** One that is being taken, and some that are being ended. */
const mostPassing = 1 + 3;

/** Text in two lines, the active process, one that replaces it, the snapshots, asides, the checker. */
export const channelsOfWorker = 2 + 2 + mostSnapshots + mostPassing + mostAsides + 1;

/**
 * Processes that may wait in a sandbox beside what code may start. Each that is being forked takes two for a moment (see
 * process.py).
 */
export const waitingProcesses = mostSnapshots + mostPassing + mostAsides + 2;
