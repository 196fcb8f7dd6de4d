# attack: Leaves a folder whose new files belong to its group.
# without: seccomp
os.mkdir("folder")
works(lambda: os.chmod("folder", 0o2755))
result = os.stat("folder").st_mode & 0o2000 != 0
os.rmdir("folder")
