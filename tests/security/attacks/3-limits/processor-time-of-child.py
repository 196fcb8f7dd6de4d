# attack: Gives a child more processor time than it may have itself.
# limits: {"cpuSeconds": 1}
# without: limits
import resource
result = child(lambda: resource.setrlimit(resource.RLIMIT_CPU, (60, 60)) is None and resource.getrlimit(resource.RLIMIT_CPU)[1] >= 60)
