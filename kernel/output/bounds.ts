import { formatCount } from './format.ts';

const mostCharacters = 1_000_000;
const mostDisplays = 500;
const mostDisplayed = 32_000_000;

/** How much one cell may show of what its code emits; what goes beyond is counted and told at the end. */
export class CellBounds {
  private characters = 0;
  private charactersCut = 0;
  private displays = 0;
  private displaysCut = 0;
  private displayed = 0;

  /** The part of a stream's text that still fits. */
  takeText(text: string): string {
    const fits = text.slice(0, Math.max(0, mostCharacters - this.characters));
    this.characters += fits.length;
    this.charactersCut += text.length - fits.length;
    return fits;
  }

  /** Whether one more output of that many characters still fits. */
  takeDisplay(size: number): boolean {
    if (this.displays >= mostDisplays || this.displayed + size > mostDisplayed) {
      this.displaysCut += 1;
      return false;
    }
    this.displays += 1;
    this.displayed += size;
    return true;
  }

  /**
   * What was cut since the last call, also in sentences.
   * @param path where the rest of the text is kept, if it is
   */
  report(path?: string): {
    readonly sentences: string[];
    readonly outputs: number;
    readonly characters: number;
  } {
    const sentences: string[] = [];
    if (this.charactersCut > 0) {
      const shown = formatCount(this.characters);
      sentences.push(
        `The text was cut: ${shown} characters are shown, ${formatCount(this.charactersCut)} more are ${path === undefined ? 'not' : `in ${path}`}.`,
      );
    }
    if (this.displaysCut > 0) {
      const shown = formatCount(this.displays);
      sentences.push(
        `Outputs were left out: ${shown} are shown, ${formatCount(this.displaysCut)} more are not.`,
      );
    }
    const cut = { outputs: this.displaysCut, characters: this.charactersCut };
    this.charactersCut = 0;
    this.displaysCut = 0;
    return { sentences, ...cut };
  }
}
