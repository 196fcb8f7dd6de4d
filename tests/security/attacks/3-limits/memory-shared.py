# attack: Takes memory that processes share.
# limits: {"memoryBytes": 536870912}
# without: limits
import mmap
result = works(lambda: mmap.mmap(-1, 768 << 20, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS).close())
