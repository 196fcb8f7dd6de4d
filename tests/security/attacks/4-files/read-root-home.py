# attack: Reads root's home.
result = works(lambda: open("/root/.bashrc").read(1))
