# attack: Changes quotas.
# without: seccomp
result = reaches("quotactl", 0, 0, 0, 0)
