# attack: Leaves its memory on the disk when it crashes.
import resource
result = resource.getrlimit(resource.RLIMIT_CORE)[1] != 0
