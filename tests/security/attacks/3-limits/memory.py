# attack: Takes memory without end.
# limits: {"memoryBytes": 536870912}
result = works(lambda: bytearray(768 << 20))
