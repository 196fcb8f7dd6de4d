import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A double of macOS's sandbox-exec(1), for a machine that has none: it understands `-p PROFILE` and `-D NAME=VALUE` as
 * the manual page has them, refuses a profile that uses a parameter which was not given, notes what it was given, and
 * becomes the command. It isolates nothing.
 * @returns its path, and that of its notes: one JSON object
 */
export function sandboxExecDouble(directory: string): { readonly path: string; readonly notes: string } {
  const path = join(directory, 'sandbox-exec-double');
  const notes = join(directory, 'notes.json');
  writeFileSync(
    path,
    `#!/usr/bin/python3 -IS
import json, os, re, sys
arguments, profile, parameters = sys.argv[1:], None, {}
while arguments and arguments[0] in ("-p", "-D"):
    option, value, *arguments = arguments
    if option == "-p":
        profile = value
    else:
        name, _, text = value.partition("=")
        parameters[name] = text
missing = set(re.findall(r'\\(param "([^"]*)"\\)', profile)) - set(parameters)
if missing or profile.count("(") != profile.count(")"):
    sys.exit("sandbox-exec: %s" % sorted(missing))
with open(${JSON.stringify(notes)}, "w") as file:
    json.dump({"profile": profile, "parameters": parameters, "environment": dict(os.environ)}, file)
os.execv(arguments[0], arguments)
`,
  );
  chmodSync(path, 0o755);
  return { path, notes };
}
