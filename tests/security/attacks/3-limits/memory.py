# attack: Takes memory without end.
# limits: {"memoryBytes": 536870912}
# without: limits
result = works(lambda: bytearray(768 << 20))
