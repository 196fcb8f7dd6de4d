# attack: Reads root's home.
# needs: root, for only root can read it without the sandbox
result = works(lambda: open("/root/.bashrc").read(1))
