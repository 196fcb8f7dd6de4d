# attack: Holds the kernel up in a page fault.
result = reaches("userfaultfd", 1)
