# attack: Takes in a child what it may not take itself.
# limits: {"memoryBytes": 536870912}
# without: limits
import mmap
result = child(lambda: mmap.mmap(-1, 768 << 20))
