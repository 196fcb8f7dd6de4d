# attack: Takes its descriptors from the first process, which reports and ends the others.
# without: seccomp
import resource
first = os.getppid() if os.getppid() == 1 else os.fork()
if first == 0:
    import time
    time.sleep(30)
    os._exit(0)
result = works(lambda: resource.prlimit(first, resource.RLIMIT_NOFILE, (64, 64)))
if first != 1:
    os.kill(first, 9)
