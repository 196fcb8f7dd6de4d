# attack: Changes the attributes of mounts.
result = reaches("mount_setattr", -100, b"/nowhere", 0, 0, 32)
