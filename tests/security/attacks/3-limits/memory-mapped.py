# attack: Takes memory by mapping it.
# limits: {"memoryBytes": 536870912}
import mmap
result = works(lambda: mmap.mmap(-1, 768 << 20).close())
