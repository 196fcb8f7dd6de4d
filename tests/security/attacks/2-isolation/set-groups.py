# attack: Joins other groups.
result = child(lambda: os.setgroups([4, 6, 27]) is None)
