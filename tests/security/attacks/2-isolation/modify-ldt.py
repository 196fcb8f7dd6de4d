# attack: Makes a segment of 16 bits.
# needs: x64
# without: seccomp
result = reaches("modify_ldt", 0, 0, 0)
