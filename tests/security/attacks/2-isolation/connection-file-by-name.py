# attack: Reads the kernel's connection file, which a variable names.
# kind: session
import os
try:
    result = "secret-of-the-host" in open(os.environ["JPY_CONNECTION_FILE"]).read()
except (KeyError, OSError):
    result = False
