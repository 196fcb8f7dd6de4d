# attack: Changes how programs are laid out in memory.
result = reaches("personality", 0xffffffff)
