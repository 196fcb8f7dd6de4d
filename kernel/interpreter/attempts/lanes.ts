import type { CellEvent } from '../../loop/events.ts';

/** Characters of outputs that one lane holds back. */
const mostHeld = 4_000_000;

type Emit = (event: CellEvent) => void;
type Heading = Extract<CellEvent, { type: 'attempt' }>;

/**
 * Shows what happens side by side one after the other: the first that has not ended as it happens, the others when it is their
 * turn. Outputs beyond a bound are not held back but left out, and that is said.
 */
export class Lanes {
  readonly #emit: Emit;
  readonly #lanes: Lane[];
  #shown = -1;

  constructor(emit: Emit, headings: readonly Heading[]) {
    this.#emit = emit;
    this.#lanes = headings.map((heading) => ({ held: [heading], size: 0, left: 0, isOver: false }));
    this.#next();
  }

  emitOf(at: number): Emit {
    const lane = this.#lanes[at];
    return (event) => {
      if (lane === undefined || this.#shown > at) return;
      if (this.#shown === at) this.#emit(event);
      else hold(lane, event);
    };
  }

  /** Nothing more comes of this one. */
  end(at: number): void {
    const lane = this.#lanes[at];
    if (lane === undefined) return;
    lane.isOver = true;
    while (this.#lanes[this.#shown]?.isOver === true) this.#next();
  }

  #next(): void {
    this.#shown += 1;
    const lane = this.#lanes[this.#shown];
    if (lane === undefined) return;
    for (const event of lane.held.splice(0)) this.#emit(event);
    if (lane.left === 0) return;
    const text = `${lane.left} outputs of this branch came while another was shown, and were too much to be held back.`;
    this.#emit({ type: 'notice', text });
  }
}

interface Lane {
  readonly held: CellEvent[];
  size: number;
  left: number;
  isOver: boolean;
}

function hold(lane: Lane, event: CellEvent): void {
  if (event.type === 'helper-output') {
    const size = JSON.stringify(event.output).length;
    if (lane.size + size > mostHeld) {
      lane.left += 1;
      return;
    }
    lane.size += size;
  }
  lane.held.push(event);
}
