# attack: Reaches a module's globals through a function of it.
result = "os" in works.__globals__
