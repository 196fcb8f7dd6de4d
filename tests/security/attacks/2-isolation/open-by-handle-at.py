# attack: Opens a file by its number, past every folder.
# without: seccomp
result = reaches("open_by_handle_at", -1, 0, 0)
