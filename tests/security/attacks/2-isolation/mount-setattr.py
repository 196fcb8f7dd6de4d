# attack: Changes the attributes of mounts.
# without: seccomp, capabilities, user-namespace
result = reaches("mount_setattr", -100, b"/nowhere", 0, 0, 32)
