# attack: Reads how many keys each user holds.
# It lists nobody where nobody of this namespace holds one: what counts is that it is the file itself, not what stands in for it.
import os, stat
result = works(lambda: open("/proc/key-users", "rb").close()) and stat.S_ISREG(os.stat("/proc/key-users").st_mode)
