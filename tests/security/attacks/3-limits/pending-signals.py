# attack: Queues signals without end.
# without: limits
import resource
result = not 0 <= resource.getrlimit(resource.RLIMIT_SIGPENDING)[1] <= 1000
