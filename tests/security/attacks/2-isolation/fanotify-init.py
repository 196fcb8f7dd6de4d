# attack: Watches every file of a mount.
# needs: root, for the control takes a capability in the host's own user namespace
result = reaches("fanotify_init", 0, 0)
