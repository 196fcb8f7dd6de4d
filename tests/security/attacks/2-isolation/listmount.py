# attack: Lists the mounts of a namespace past /proc.
# without: seccomp
result = reaches("listmount", 0, 0, 0, 0)
