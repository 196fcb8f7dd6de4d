# attack: Takes memory that even the kernel can't read.
result = reaches("memfd_secret", -1)
