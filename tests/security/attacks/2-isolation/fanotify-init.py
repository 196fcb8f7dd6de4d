# attack: Watches every file of a mount.
result = reaches("fanotify_init", 0, 0)
