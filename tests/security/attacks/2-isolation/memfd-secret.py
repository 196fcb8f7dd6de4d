# attack: Takes memory that even the kernel can't read.
# without: seccomp
result = reaches("memfd_secret", -1)
