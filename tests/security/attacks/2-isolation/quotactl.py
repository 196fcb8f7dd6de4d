# attack: Changes quotas.
result = reaches("quotactl", 0, 0, 0, 0)
