# attack: Places memory on a node.
# without: seccomp
result = reaches("set_mempolicy_home_node", 1, 0, 0, 1)
