import { csv, times, type Task } from '../task.ts';

/** A file has to be turned into another form, exactly as asked. */
export const csvToJson: Task = {
  name: 'csv-to-json',
  make(random) {
    const rows = times(8, (i) => ({ city: `City${i + 1}`, people: 1000 + random.below(900_000) }));
    const wanted = Object.fromEntries(rows.map(({ city, people }) => [city, people]));
    return {
      files: {
        'cities.csv': csv(
          'city,people',
          rows.map(({ city, people }) => [city, people]),
        ),
      },
      prompts: [
        'Convert cities.csv to a file cities.json that holds one JSON object: each city’s name as key, its people as number.',
      ],
      check: (ran) => {
        const text = ran.file('cities.json');
        if (text === undefined) return 'there is no cities.json';
        try {
          const found = JSON.parse(text) as Readonly<Record<string, unknown>>;
          const same =
            Object.keys(found).length === rows.length &&
            rows.every(({ city }) => found[city] === wanted[city]);
          return same ? undefined : `cities.json holds ${text.slice(0, 80)}`;
        } catch {
          return 'cities.json is not JSON';
        }
      },
      solution: [
        {
          code: `import csv, json
rows = csv.DictReader(open("cities.csv"))
json.dump({r["city"]: int(r["people"]) for r in rows}, open("cities.json", "w"))`,
          answer: 'It is in cities.json.',
        },
      ],
    };
  },
};
