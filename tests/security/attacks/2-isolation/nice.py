# attack: Goes before all other processes of the machine.
# needs: root, for the control takes a capability in the host's own user namespace
result = child(lambda: os.setpriority(os.PRIO_PROCESS, 0, -10) is None)
