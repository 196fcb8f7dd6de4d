# attack: Places memory on a node.
result = reaches("set_mempolicy_home_node", 1, 0, 0, 1)
