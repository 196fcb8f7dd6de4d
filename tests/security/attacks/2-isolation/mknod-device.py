# attack: Makes a device, the disk say, in the workspace.
result = reaches("mknodat", -100, b"disk", 0o060600, 0xfe00)
