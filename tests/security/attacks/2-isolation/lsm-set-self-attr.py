# attack: Changes its own security label.
# without: seccomp
result = reaches("lsm_set_self_attr", 0, 0, 0, 0)
