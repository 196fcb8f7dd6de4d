# attack: Takes memory by mapping it.
# limits: {"memoryBytes": 536870912}
# without: limits
import mmap
result = works(lambda: mmap.mmap(-1, 768 << 20).close())
