# attack: Changes its own security label.
result = reaches("lsm_set_self_attr", 0, 0, 0, 0)
