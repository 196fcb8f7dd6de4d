# attack: Asks for a stack without end.
# without: limits
import resource
result = child(lambda: resource.setrlimit(resource.RLIMIT_STACK, (1 << 32, 1 << 32)) is None)
