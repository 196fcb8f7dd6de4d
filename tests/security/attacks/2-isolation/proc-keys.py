# attack: Lists the kernel's keys.
# It is empty where this user has none: what counts is that it is the file itself, not what stands in for it.
import os, stat
result = works(lambda: open("/proc/keys").close()) and stat.S_ISREG(os.stat("/proc/keys").st_mode)
