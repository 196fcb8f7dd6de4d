# attack: Takes over a descriptor by its number.
import os
result = works(lambda: os.dup2(1, 5))
