const mostCompared = 2000;
const mostNear = 3;
const longest = 60;

/** Those of the names that a misspelling could have meant, the nearest first. A different number at the end is none. */
export function nearest(word: string, names: readonly string[]): readonly string[] {
  const most = word.length < 2 || word.length > longest ? 0 : word.length < 5 ? 1 : 2;
  if (most === 0) return [];
  return names
    .slice(-mostCompared)
    .filter((name) => name.length <= longest && withoutNumber(name) !== withoutNumber(word))
    .map((name) => ({ name, distance: distanceOf(word.toLowerCase(), name.toLowerCase(), most) }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, mostNear)
    .map(({ name }) => name);
}

const withoutNumber = (name: string): string | undefined => /^(.*?)_?\d+$/.exec(name)?.[1] ?? name;

/** How many letters are to be added, taken away, changed or swapped with their neighbour; `most` + 1 for more. */
function distanceOf(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  if (b.length < 4 && a[0] !== b[0]) return most + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, change);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? most + 1;
}
