# attack: Raises its own limits.
# without: limits
import resource
result = works(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (5000, 5000)))
