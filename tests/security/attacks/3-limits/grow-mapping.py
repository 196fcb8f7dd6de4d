# attack: Makes a small piece of memory grow.
# limits: {"memoryBytes": 536870912}
# without: limits
import mmap
area = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
result = works(lambda: area.resize(768 << 20))
