# attack: Makes 5,000 files.
# kind: session
# seen: listing
import os
for number in range(5):
    os.mkdir("f%d" % number)
    for each in range(1000):
        os.close(os.open("f%d/%d" % (number, each), os.O_CREAT | os.O_WRONLY))
