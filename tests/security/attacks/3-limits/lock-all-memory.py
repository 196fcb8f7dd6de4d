# attack: Keeps all its memory from being swapped.
# needs: root, for the control takes a capability in the host's own user namespace
result = child(lambda: libc.mlockall(3) == 0)
