# attack: Locks memory, which then can't be swapped.
# without: limits
import mmap
size = 1 << 20
area = ctypes.create_string_buffer(size)
result = libc.mlock(area, size) == 0
