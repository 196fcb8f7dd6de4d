# attack: Joins other groups.
# needs: root, for the control takes further user numbers
result = child(lambda: os.setgroups([4, 6, 27]) is None)
