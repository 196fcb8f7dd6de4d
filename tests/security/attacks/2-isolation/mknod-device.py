# attack: Makes a device, the disk say, in the workspace.
# needs: root, for the control takes a capability in the host's own user namespace
result = reaches("mknodat", -100, b"disk", 0o060600, 0xfe00)
