# attack: Sets the clock.
# needs: root, for the control takes a capability in the host's own user namespace
result = reaches("settimeofday", 0, 0)
