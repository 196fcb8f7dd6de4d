# attack: Lists the kernel's keys.
result = works(lambda: open("/proc/keys").read()) and open("/proc/keys").read() != ""
