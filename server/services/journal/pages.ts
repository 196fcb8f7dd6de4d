/** A page that has, or had, a connection to a kernel. */
interface Page {
  readonly session: string;
  isPresent: boolean;
  left: number;
}

/** More pages than a person has open; the one that left first is forgotten. */
const most = 200;

/** A page that did not come back for so long is gone. */
const longestAwayMs = 86_400_000;

/** Closed by who goes away for good (RFC 6455, 7.4.1). */
const goneForGood = [1000, 1001];

/** The pages of one kernel: which are there, and which may still come back and save. */
export class Pages {
  readonly #pages = new Map<string, Page>();

  /** @returns whether the page was here before */
  attached(session: string, now: number): boolean {
    const isKnown = this.#pages.delete(session);
    this.#pages.set(session, { session, isPresent: true, left: now });
    const oldest = [...this.#pages.values()].find(({ isPresent }) => !isPresent);
    if (this.#pages.size > most && oldest) this.#pages.delete(oldest.session);
    return isKnown;
  }

  /** Remembers a page that was at a server before. */
  expect({ session, left }: Omit<Page, 'isPresent'>): void {
    if (!this.#pages.has(session)) this.#pages.set(session, { session, left, isPresent: false });
  }

  /** Takes it that there is a page somewhere that nobody knows of: one of a server before. */
  suppose(now: number): void {
    this.#pages.set('', { session: '', isPresent: false, left: now });
  }

  detached(session: string, code: number, now: number): void {
    const page = this.#pages.get(session);
    if (page === undefined) return;
    if (goneForGood.includes(code)) this.#pages.delete(session);
    else Object.assign(page, { isPresent: false, left: now });
  }

  isPresent(session: string): boolean {
    return this.#pages.get(session)?.isPresent === true;
  }

  get anyPresent(): boolean {
    return [...this.#pages.values()].some(({ isPresent }) => isPresent);
  }

  /** Those that may still save what they show. */
  mayReturn(now: number): readonly Page[] {
    return [...this.#pages.values()].filter(({ isPresent, left }) => isPresent || now - left < longestAwayMs);
  }
}
