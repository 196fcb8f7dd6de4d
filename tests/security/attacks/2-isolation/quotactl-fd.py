# attack: Changes quotas by a descriptor.
# without: seccomp
result = reaches("quotactl_fd", -1, 0, 0, 0)
