# attack: Leaves its memory on the disk when it crashes.
# without: limits
import resource
result = resource.getrlimit(resource.RLIMIT_CORE)[1] != 0
