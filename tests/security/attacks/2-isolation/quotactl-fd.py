# attack: Changes quotas by a descriptor.
result = reaches("quotactl_fd", -1, 0, 0, 0)
