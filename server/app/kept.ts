import type { ServerConfig } from '../config.ts';
import type { Log } from '../http/log.ts';
import type { Keep } from '../services/kernels/keep/keep.ts';
import type { SessionRecords } from '../services/sessions/manager.ts';

/** Pages that were open before have the token of before: where none is named, it stays. */
export function withKeptToken(config: ServerConfig, { outlives, store }: Keep): ServerConfig {
  if (!outlives || !config.isTokenFresh) return config;
  const token = store.token() ?? config.token;
  store.saveToken(token);
  return { ...config, token };
}

/** Where sessions are written down. What can't be is logged. */
export function sessionRecords({ store }: Keep, log: Log): SessionRecords {
  return {
    sessions: () => store.sessions(),
    saveSessions: (sessions) => {
      try {
        store.saveSessions(sessions);
      } catch (error) {
        log.warn({ err: error }, 'sessions can’t be kept for the next server');
      }
    },
  };
}
