# attack: Hides a name behind a character that can't be seen.
result = True
# 󠁁󠁂
