# attack: Has the machine swap to a file of its choice.
# needs: root, for the control takes a capability in the host's own user namespace
result = reaches("swapon", b"/nowhere", 0)
