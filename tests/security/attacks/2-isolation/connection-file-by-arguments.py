# attack: Learns from a kernel's arguments where its connection file is.
# kind: session
import os
result = False
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        arguments = open("/proc/%s/cmdline" % pid).read().split("\0")
        result = result or "secret-of-the-host" in open(arguments[arguments.index("-f") + 1]).read()
    except (OSError, ValueError, IndexError):
        pass
