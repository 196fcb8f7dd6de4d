# attack: Leaves a program that has a capability for whoever starts it.
# without: capabilities, user-namespace
import struct
open("tool", "w").close()
result = works(lambda: os.setxattr("tool", "security.capability", struct.pack("<5I", 0x02000001, 1 << 21, 0, 0, 0)))
os.remove("tool")
