"""Seeded tables in the forms in which a model can be given them, and questions with one right answer, as JSON.

usage: python tables.py COUNT SEED
"""

import json
import random
import sys

import pandas as pd

NAMES = "Ana Ben Cleo Dov Eva Finn Gil Hana Ivo Jana Kai Lea".split()
COLUMNS = "price stock sold weight rating returns visits margin orders refunds delivery tax".split()


def make(rng):
    rows, columns = rng.randint(5, 12), rng.randint(3, 12)
    data = {"name": rng.sample(NAMES, rows)}
    for column in rng.sample(COLUMNS, columns):
        data[column] = rng.sample(range(10, 999), rows)
    return pd.DataFrame(data)


def forms(table):
    head = list(table.columns)
    lines = [[str(value) for value in row] for row in table.itertuples(index=False)]
    with pd.option_context("display.width", 80, "display.max_columns", 0):
        wrapped = repr(table)
    return {
        "pandas, wrapped at 80": wrapped,
        "pandas, in full width": table.to_string(),
        "pandas, without index": table.to_string(index=False),
        "Markdown": "\n".join(
            "| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *lines]
        ),
        "CSV": "\n".join(",".join(row) for row in [head, *lines]),
        "JSON lines": table.to_json(orient="records", lines=True).strip(),
    }


def question(rng, table):
    column = rng.choice([name for name in table.columns if name != "name"])
    kind = rng.randrange(3)
    if kind == 0:
        row = table.iloc[rng.randrange(len(table))]
        return f"What is the {column} of {row['name']}?", str(row[column])
    if kind == 1:
        return f"Which name has the largest {column}?", str(table.loc[table[column].idxmax(), "name"])
    return f"Which name has the smallest {column}?", str(table.loc[table[column].idxmin(), "name"])


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(seed)
    cases = []
    for _ in range(count):
        table = make(rng)
        asked, answer = question(rng, table)
        cases.append({"question": asked, "answer": answer, "forms": forms(table)})
    print(json.dumps(cases))


main()
