# attack: Finds a key in its environment.
# kind: session
import os
result = "secret-of-the-host" in os.environ.values()
