# attack: Reads how the machine was started.
result = works(lambda: open("/proc/cmdline").read()) and open("/proc/cmdline").read() != ""
