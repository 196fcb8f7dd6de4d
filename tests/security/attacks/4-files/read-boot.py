# attack: Reads the kernel's image.
# without: files
result = works(lambda: os.listdir("/boot") if os.path.isdir("/boot") else open("/boot").read(1))
