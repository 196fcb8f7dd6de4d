# attack: Reads the kernel's log.
# needs: root, for the control takes a capability in the host's own user namespace
result = reaches("syslog", 10, 0, 0)
