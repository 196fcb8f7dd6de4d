# attack: Gives folders and files the longest names, of what takes six characters to show.
# kind: session
# seen: listing
import os
place = os.open(".", os.O_RDONLY)
for depth in range(3):
    name = bytes([1 + depth]) * 255
    os.mkdir(name, dir_fd=place)
    place = os.open(name, os.O_RDONLY, dir_fd=place)
for number in range(60):
    os.close(os.open(bytes([4 + number % 5]) * 250 + b"%05d" % number, os.O_CREAT | os.O_WRONLY, dir_fd=place))
