# attack: Holds the kernel up in a page fault.
# without: seccomp
result = reaches("userfaultfd", 1)
