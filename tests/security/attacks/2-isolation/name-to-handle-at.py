# attack: Learns the number of a file.
# without: seccomp
result = reaches("name_to_handle_at", -100, b"/", 0, 0, 0)
