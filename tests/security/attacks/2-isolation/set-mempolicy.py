# attack: Places memory.
result = reaches("set_mempolicy", 0, 0, 0)
