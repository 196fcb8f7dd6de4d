# attack: Reads how the machine was started.
# without: hidden-proc
result = works(lambda: open("/proc/cmdline").read()) and open("/proc/cmdline").read() != ""
