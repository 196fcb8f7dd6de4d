# attack: Reads otherwise than it runs.
# ‮ nothing to see‬
result = True
