# attack: Changes how programs are laid out in memory.
# without: seccomp
result = reaches("personality", 0xffffffff)
